"""TLS to Cassandra, for both drivers: a context for Python's, key stores in files for the JVM's."""

from __future__ import annotations

import base64
import re
import secrets
import ssl
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from py4j.protocol import Py4JJavaError

from sluice_spark.errors import JobError

KEY_ALGORITHMS = ("RSA", "EC", "EdDSA")


@dataclass(frozen=True)
class CassandraTls:
    """What connections are encrypted with; PEM."""

    ca: str
    """Nodes have to show a certificate of it."""
    cert: str | None
    key: str | None = field(repr=False)
    servername: str | None
    """The name in the nodes' certificates, where these are not for their addresses."""


def ssl_context(tls: CassandraTls) -> ssl.SSLContext:
    """For the Python driver, which checks the name in the certificate too. Raises JobError for text that is no PEM."""
    try:
        context = ssl.create_default_context(cadata=tls.ca)
        if tls.cert and tls.key:
            # Python takes these from files alone
            with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
                file.write(f"{tls.key.rstrip()}\n{tls.cert}")
                file.flush()
                context.load_cert_chain(file.name)
    except (ssl.SSLError, ValueError) as error:
        raise _not_readable(type(error).__name__) from error
    return context


def connector_tls_options(gateway: Any, tls: CassandraTls, folder: Path) -> dict[str, str]:
    """Options of the connector, with key stores that are written into `folder`. Raises JobError for text that is no PEM.

    The connector does not check the name in a node's certificate: that it is of the authority is all it asks.
    """
    password = secrets.token_hex(16)
    stores = _KeyStores(gateway, password)
    options = {"enabled": "true", "trustStore.path": str(folder / "trust.p12"), "trustStore.password": password}
    try:
        stores.write_trusted(tls.ca, folder / "trust.p12")
        if tls.cert and tls.key:
            stores.write_own(tls.cert, tls.key, folder / "own.p12")
            options |= {"clientAuth.enabled": "true"}
            options |= {"keyStore.path": str(folder / "own.p12"), "keyStore.password": password}
    except Py4JJavaError as error:
        raise _not_readable(error.java_exception.getClass().getSimpleName()) from error
    return {f"spark.cassandra.connection.ssl.{name}": value for name, value in options.items()}


class _KeyStores:
    def __init__(self, gateway: Any, password: str) -> None:
        self._gateway = gateway
        self._jvm = gateway.jvm
        self._password = gateway.new_array(gateway.jvm.char, len(password))
        for i, letter in enumerate(password):
            self._password[i] = letter

    def write_trusted(self, pem: str, file: Path) -> None:
        store = self._new()
        for i, certificate in enumerate(self._certificates(pem)):
            store.setCertificateEntry(f"ca{i}", certificate)
        self._write(store, file)

    def write_own(self, cert: str, key: str, file: Path) -> None:
        chain = list(self._certificates(cert))
        array = self._gateway.new_array(self._jvm.java.security.cert.Certificate, len(chain))
        for i, certificate in enumerate(chain):
            array[i] = certificate
        store = self._new()
        store.setKeyEntry("own", self._private_key(key), self._password, array)
        self._write(store, file)

    def _new(self) -> Any:
        store = self._jvm.java.security.KeyStore.getInstance("PKCS12")
        store.load(None, None)
        return store

    def _certificates(self, pem: str) -> Any:
        factory = self._jvm.java.security.cert.CertificateFactory.getInstance("X.509")
        return factory.generateCertificates(self._jvm.java.io.ByteArrayInputStream(pem.encode()))

    def _private_key(self, pem: str) -> Any:
        body = re.sub(r"-----[^-]+-----|\s", "", pem)
        spec = self._jvm.java.security.spec.PKCS8EncodedKeySpec(base64.b64decode(body))
        for algorithm in KEY_ALGORITHMS[:-1]:
            try:
                return self._jvm.java.security.KeyFactory.getInstance(algorithm).generatePrivate(spec)
            except Py4JJavaError:
                continue
        return self._jvm.java.security.KeyFactory.getInstance(KEY_ALGORITHMS[-1]).generatePrivate(spec)

    def _write(self, store: Any, file: Path) -> None:
        stream = self._jvm.java.io.FileOutputStream(str(file))
        try:
            store.store(stream, self._password)
        finally:
            stream.close()


def _not_readable(reason: str) -> JobError:
    return JobError(
        "bad-certificate",
        f"CASSANDRA_TLS_CA, CASSANDRA_TLS_CERT or CASSANDRA_TLS_KEY cannot be read ({reason}): each needs PEM, the key in "
        "PKCS #8.",
    )
