"""Certificates on their way to both drivers, from a key pair of Java's own tool."""

from __future__ import annotations

import base64
import contextlib
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession

from sluice_spark.cassandra_tls import CassandraTls, connector_tls_options, ssl_context
from sluice_spark.config import load_config
from sluice_spark.errors import ConfigError, JobError

PREFIX = "spark.cassandra.connection.ssl."


@dataclass
class KeyPair:
    """A certificate that signs itself, and its key, in PEM."""

    cert: str
    key: str


@dataclass
class Keytool:
    """Java's own tool, and its view of the key stores that it makes and reads."""

    spark: SparkSession

    def run(self, *arguments: str | Path) -> str:
        java: Any = self.spark.sparkContext._jvm
        tool = Path(java.System.getProperty("java.home")) / "bin" / "keytool"
        return subprocess.run([tool, *arguments], check=True, capture_output=True, text=True).stdout  # noqa: S603

    def certificate(self, store: str | Path, alias: str, password: str) -> str:
        return self.run("-exportcert", "-rfc", "-keystore", store, "-alias", alias, "-storepass", password)

    def key(self, store: str | Path, alias: str, password: str) -> str:
        jvm: Any = self.spark.sparkContext._jvm
        opened = jvm.java.security.KeyStore.getInstance("PKCS12")
        opened.load(jvm.java.io.FileInputStream(str(store)), self._letters(password))
        for algorithm in ("RSA", "EC"):
            spec = jvm.java.lang.Class.forName("java.security.spec.PKCS8EncodedKeySpec")
            factory = jvm.java.security.KeyFactory.getInstance(algorithm)
            with contextlib.suppress(Py4JJavaError):
                encoded = bytes(factory.getKeySpec(opened.getKey(alias, self._letters(password)), spec).getEncoded())
                return f"-----BEGIN PRIVATE KEY-----\n{base64.encodebytes(encoded).decode()}-----END PRIVATE KEY-----\n"
        raise AssertionError

    def _letters(self, text: str) -> Any:
        gateway: Any = self.spark.sparkContext._gateway
        found = gateway.new_array(gateway.jvm.char, len(text))
        for i, letter in enumerate(text):
            found[i] = letter
        return found


@pytest.fixture
def keytool(spark: SparkSession) -> Keytool:
    return Keytool(spark)


@pytest.fixture(params=["RSA", "EC"])
def pair(request: pytest.FixtureRequest, keytool: Keytool, tmp_path: Path) -> KeyPair:
    file = tmp_path / "pair.p12"
    options = ["-storepass", "secret", "-dname", "CN=writer", "-alias", "own", "-keyalg", request.param]
    keytool.run("-genkeypair", "-keystore", file, *options)
    return KeyPair(keytool.certificate(file, "own", "secret"), keytool.key(file, "own", "secret"))


def test_the_connector_gets_stores_of_the_authority_and_of_its_own_certificate(
    spark: SparkSession, keytool: Keytool, pair: KeyPair, tmp_path: Path
) -> None:
    gateway: Any = spark.sparkContext._gateway
    options = connector_tls_options(gateway, CassandraTls(pair.cert, pair.cert, pair.key, None), tmp_path)
    assert (options[PREFIX + "enabled"], options[PREFIX + "clientAuth.enabled"]) == ("true", "true")
    trusted = (options[PREFIX + "trustStore.path"], "ca0", options[PREFIX + "trustStore.password"])
    assert keytool.certificate(*trusted) == pair.cert
    own = (options[PREFIX + "keyStore.path"], "own", options[PREFIX + "keyStore.password"])
    assert (keytool.certificate(*own), keytool.key(*own)) == (pair.cert, pair.key)


def test_without_a_certificate_of_its_own_only_the_authority_is_told(
    spark: SparkSession, pair: KeyPair, tmp_path: Path
) -> None:
    gateway: Any = spark.sparkContext._gateway
    options = connector_tls_options(gateway, CassandraTls(pair.cert, None, None, None), tmp_path)
    assert set(options) == {PREFIX + name for name in ("enabled", "trustStore.path", "trustStore.password")}


def test_the_python_driver_asks_for_the_name_in_the_certificate(pair: KeyPair) -> None:
    context = ssl_context(CassandraTls(pair.cert, pair.cert, pair.key, None))
    assert context.check_hostname
    assert context.verify_mode == ssl.CERT_REQUIRED


def test_text_that_is_no_certificate_is_refused_without_being_shown(spark: SparkSession, tmp_path: Path) -> None:
    gateway: Any = spark.sparkContext._gateway
    broken = CassandraTls("no certificate", None, None, None)
    for read in (lambda: ssl_context(broken), lambda: connector_tls_options(gateway, broken, tmp_path)):
        with pytest.raises(JobError, match="CASSANDRA_TLS_CA") as caught:
            read()
        assert "no certificate" not in str(caught.value)


def test_settings_that_do_not_fit_together_are_named() -> None:
    env = {"CHECKPOINT_LOCATION": "/c", "CASSANDRA_TLS_CERT": "x", "CASSANDRA_TLS_SERVERNAME": "y"}
    with pytest.raises(ConfigError) as caught:
        load_config(env)
    assert caught.value.problems == [
        "CASSANDRA_TLS_CERT and CASSANDRA_TLS_KEY: both or neither",
        "CASSANDRA_TLS_CA: needed with CASSANDRA_TLS_CERT",
        "CASSANDRA_TLS_CA: needed with CASSANDRA_TLS_SERVERNAME",
    ]
    with pytest.raises(ConfigError, match="PKCS #8"):
        load_config({**env, "CASSANDRA_TLS_CA": "a", "CASSANDRA_TLS_KEY": "-----BEGIN EC PRIVATE KEY-----"})


def test_the_key_of_a_certificate_is_not_shown() -> None:
    env = {"CASSANDRA_TLS_CA": "a", "CASSANDRA_TLS_CERT": "b", "CASSANDRA_TLS_KEY": "-----BEGIN PRIVATE KEY-----x"}
    assert "PRIVATE KEY" not in repr(load_config({"CHECKPOINT_LOCATION": "/c", **env}))
