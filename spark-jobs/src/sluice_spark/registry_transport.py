"""One HTTP request to a schema registry: credentials, TLS, a limit of time and of size."""

from __future__ import annotations

import base64
import http.client
import json
import re
import socket
import ssl
import time
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

_MEDIA_TYPE: Final = "application/vnd.schemaregistry.v1+json"
#: An endless answer must not fill the memory.
_MAX_BYTES: Final = 32 * 1024 * 1024
_CHUNK: Final = 64 * 1024


@dataclass(frozen=True)
class RegistrySettings:
    """Where the registry is, and who asks. Goes to the workers with each batch."""

    #: `http://127.0.0.1:8081`, with a path where it stands behind one. Apicurio's `/apis/ccompat/v7` is found below it.
    url: str
    #: Basic credentials (RFC 7617); not with `token`.
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    #: Bearer credentials (RFC 6750).
    token: str | None = field(default=None, repr=False)
    #: PEM of the authorities to trust in place of those that Python trusts.
    ca: str | None = field(default=None, repr=False)
    #: The longest time that one attempt may take, seconds.
    timeout_s: float = 5.0


class RegistryError(Exception):
    """The registry does not give what it was asked for. `code` is as in `libs/schema-registry`; no message holds a value."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


@dataclass(frozen=True)
class Answer:
    """What came back, whatever it says. `json` is None where the body is not JSON."""

    url: str
    status: int
    text: str
    json: Any

    @property
    def said(self) -> str:
        """The registry's `message`, or the start of the text, in one line of bounded length."""
        message = self.json.get("message") if isinstance(self.json, dict) else self.text
        said = message if isinstance(message, str) else self.text
        return re.sub(r"\s+", " ", said).strip()[:2000] or "nothing"


def get(url: str, settings: RegistrySettings) -> Answer:
    """Asks once; no proxy and no redirect is followed.

    Raises:
        RegistryError: `unreachable`, `timeout`, `server-error`, which may pass; `untrusted`, `bad-answer`.
    """
    deadline = time.monotonic() + settings.timeout_s
    try:
        status, body = _exchange(url, settings, deadline)
    except ssl.SSLCertVerificationError as error:
        raise RegistryError(
            "untrusted",
            f"the certificate of {url} is not trusted ({error.verify_message}). Set SCHEMA_REGISTRY_SSL_CA.",
        ) from error
    except TimeoutError as error:
        raise RegistryError("timeout", f"{url} gave no complete answer within {settings.timeout_s:g} s") from error
    except (OSError, http.client.HTTPException) as error:
        raise RegistryError("unreachable", f"cannot reach {url}: {error or type(error).__name__}") from error
    text = body.decode("utf-8", "replace")
    try:
        parsed = json.loads(text)
    except ValueError:
        parsed = None
    answer = Answer(url, status, text, parsed)
    if status >= 500 or status in (408, 425, 429):
        raise RegistryError("server-error", f"{url} answered {status}: {answer.said}")
    return answer


def _exchange(url: str, settings: RegistrySettings, deadline: float) -> tuple[int, bytes]:
    connection = _connect(url, settings)
    try:
        parts = urlsplit(url)
        connection.request(
            "GET", f"{parts.path}?{parts.query}" if parts.query else parts.path, headers=_headers(settings)
        )
        _limit(connection.sock, deadline)
        response = connection.getresponse()
        body = bytearray()
        while True:
            _limit(connection.sock, deadline)
            chunk = response.read1(_CHUNK)
            body += chunk
            if not chunk:
                return response.status, bytes(body)
            if len(body) > _MAX_BYTES:
                raise RegistryError("bad-answer", f"{url} answered with more than 32 MiB")
    finally:
        connection.close()


def _connect(url: str, settings: RegistrySettings) -> http.client.HTTPConnection:
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "https":
        context = ssl.create_default_context(cadata=settings.ca)
        return http.client.HTTPSConnection(host, parts.port, timeout=settings.timeout_s, context=context)
    return http.client.HTTPConnection(host, parts.port, timeout=settings.timeout_s)


def _limit(sock: socket.socket | None, deadline: float) -> None:
    """One limit for all of it: a socket's own begins anew with each part of an answer."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    # None: the answer has come as a whole, and the connection is closed
    if sock is not None:
        sock.settimeout(left)


def _headers(settings: RegistrySettings) -> dict[str, str]:
    headers = {"accept": f"{_MEDIA_TYPE}, application/json"}
    if settings.token:
        headers["authorization"] = f"Bearer {settings.token}"
    elif settings.username:
        credentials = f"{settings.username}:{settings.password or ''}".encode()
        headers["authorization"] = f"Basic {base64.b64encode(credentials).decode('ascii')}"
    return headers
