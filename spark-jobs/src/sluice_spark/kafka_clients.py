"""How the two Kafka clients are told to reach the brokers: Spark's own (the JVM's) and librdkafka."""

from __future__ import annotations

from sluice_spark.config import KafkaConfig


def librdkafka_options(config: KafkaConfig) -> dict[str, str | int | float | bool]:
    """Options that every client of confluent-kafka is made with."""
    options: dict[str, str | int | float | bool] = {
        "bootstrap.servers": ",".join(config.brokers),
        "client.id": "spark-writer",
        "security.protocol": config.security_protocol,
        # its own lines would go to stderr beside our log
        "log_level": 0,
    }
    if config.security_protocol.startswith("SASL"):
        options["sasl.mechanism"] = config.sasl_mechanism
        options["sasl.username"] = config.sasl_username or ""
        options["sasl.password"] = config.sasl_password or ""
    if config.security_protocol.endswith("SSL"):
        if config.ssl_ca:
            options["ssl.ca.pem"] = config.ssl_ca
        if config.ssl_cert and config.ssl_key:
            options["ssl.certificate.pem"] = config.ssl_cert
            options["ssl.key.pem"] = config.ssl_key
    return options


def spark_options(config: KafkaConfig) -> dict[str, str]:
    """Options of Spark's Kafka source; with the prefix `kafka.` they go to Kafka's Java client."""
    options = {
        "kafka.bootstrap.servers": ",".join(config.brokers),
        "kafka.security.protocol": config.security_protocol,
    }
    if config.security_protocol.startswith("SASL"):
        options["kafka.sasl.mechanism"] = config.sasl_mechanism
        options["kafka.sasl.jaas.config"] = _jaas(config)
    if config.security_protocol.endswith("SSL"):
        if config.ssl_ca:
            options["kafka.ssl.truststore.type"] = "PEM"
            options["kafka.ssl.truststore.certificates"] = config.ssl_ca
        if config.ssl_cert and config.ssl_key:
            options["kafka.ssl.keystore.type"] = "PEM"
            options["kafka.ssl.keystore.certificate.chain"] = config.ssl_cert
            options["kafka.ssl.keystore.key"] = config.ssl_key
    return options


def _jaas(config: KafkaConfig) -> str:
    module = "plain.PlainLoginModule" if config.sasl_mechanism == "PLAIN" else "scram.ScramLoginModule"
    user, password = (_quoted(text or "") for text in (config.sasl_username, config.sasl_password))
    return f"org.apache.kafka.common.security.{module} required username={user} password={password};"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
