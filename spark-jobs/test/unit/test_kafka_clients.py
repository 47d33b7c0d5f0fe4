from __future__ import annotations

from dataclasses import replace

from sluice_spark.config import load_config
from sluice_spark.kafka_clients import librdkafka_options, spark_options

PLAIN = load_config({"CHECKPOINT_LOCATION": "/c"}).kafka
SECURE = replace(
    PLAIN,
    security_protocol="SASL_SSL",
    sasl_mechanism="SCRAM-SHA-256",
    sasl_username="writer",
    sasl_password='a"b\\c',
    ssl_ca="CA",
    ssl_cert="CERT",
    ssl_key="KEY",
)


def test_both_clients_are_told_the_same_of_tls_and_sasl() -> None:
    java, rd = spark_options(SECURE), librdkafka_options(SECURE)
    assert java["kafka.security.protocol"] == rd["security.protocol"] == "SASL_SSL"
    assert java["kafka.sasl.mechanism"] == rd["sasl.mechanism"] == "SCRAM-SHA-256"
    assert java["kafka.ssl.truststore.certificates"] == rd["ssl.ca.pem"] == "CA"
    assert java["kafka.ssl.keystore.certificate.chain"] == rd["ssl.certificate.pem"] == "CERT"
    assert java["kafka.ssl.keystore.key"] == rd["ssl.key.pem"] == "KEY"
    assert java["kafka.ssl.truststore.type"] == java["kafka.ssl.keystore.type"] == "PEM"


def test_quotes_and_backslashes_of_a_password_are_escaped() -> None:
    assert spark_options(SECURE)["kafka.sasl.jaas.config"] == (
        'org.apache.kafka.common.security.scram.ScramLoginModule required username="writer" password="a\\"b\\\\c";'
    )


def test_credentials_go_nowhere_without_sasl_and_tls() -> None:
    unused = replace(SECURE, security_protocol="PLAINTEXT")
    assert set(spark_options(unused)) == {"kafka.bootstrap.servers", "kafka.security.protocol"}
    assert not [name for name in librdkafka_options(unused) if name.startswith(("sasl", "ssl"))]
