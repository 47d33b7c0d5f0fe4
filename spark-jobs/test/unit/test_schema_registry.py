from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from sluice_spark.registry_transport import RegistryError, RegistrySettings
from sluice_spark.schema_registry import SchemaRegistry, WriterSchema

#: From a path to a status and what is sent as the body.
Answers = Callable[[str], tuple[int, Any]]


class Served:
    """What came in."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.paths: list[str] = []
        self.authorization: list[str | None] = []


@contextmanager
def serving(answers: Answers) -> Iterator[Served]:
    """A server that answers, or fails, as it is told."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.paths.append(self.path)
            served.authorization.append(self.headers["authorization"])
            status, body = answers(self.path)
            if status == 0:
                return
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Not on the console of the tests."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served = Served(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def registry_at(url: str, **settings: Any) -> SchemaRegistry:
    return SchemaRegistry(RegistrySettings(url, **settings), sleep=lambda _: None, jitter=lambda: 0)


def error_of(registry: SchemaRegistry) -> RegistryError:
    with pytest.raises(RegistryError) as caught:
        registry.schema_by_id(1)
    return caught.value


def types_or(path: str, answer: tuple[int, Any]) -> tuple[int, Any]:
    return (200, ["AVRO"]) if path.endswith("/schemas/types") else answer


def test_the_api_is_found_below_the_path_of_apicurio() -> None:
    def answers(path: str) -> tuple[int, Any]:
        return types_or(path, (200, {"schema": '"string"'})) if "/ccompat/v7/" in path else (404, b"<html>")

    with serving(answers) as served:
        registry = registry_at(served.url)
        assert registry.schema_by_id(5) == WriterSchema("string")
        assert registry.schema_by_id(5) == WriterSchema("string")
    base = "/apis/ccompat/v7"
    asked = ["/schemas/types", f"{base}/schemas/types", f"{base}/schemas/ids/5", f"{base}/schemas/ids/5"]
    assert served.paths == asked


def test_references_are_given_in_the_order_to_read_them_in() -> None:
    def reference(subject: str) -> dict[str, Any]:
        return {"name": subject, "subject": subject, "version": 1}

    schemas = {
        "/schemas/ids/1": ("a", ["b/x", "c"]),
        "/subjects/b%2Fx/versions/1?deleted=true": ("b", ["c"]),
        "/subjects/c/versions/1?deleted=true": ("c", []),
    }

    def answers(path: str) -> tuple[int, Any]:
        name, references = schemas.get(path, ("", []))
        return types_or(path, (200, {"schema": f'"{name}"', "references": [reference(one) for one in references]}))

    with serving(answers) as served:
        assert registry_at(served.url).schema_by_id(1) == WriterSchema("a", ("c", "b"))
        # each place is asked for once, although two schemas refer to c
        assert sorted(served.paths) == sorted(["/schemas/types", *schemas])
        schemas["/subjects/c/versions/1?deleted=true"] = ("c", ["b/x"])
        assert error_of(registry_at(served.url)).code == "reference-cycle"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((404, {"error_code": 40403, "message": "Schema 1 not found"}), "schema-not-found"),
        ((404, {"error_code": 404, "message": "HTTP 404 Not Found"}), "refused"),
        ((404, b"<html>"), "bad-answer"),
        ((200, b"<html>"), "bad-answer"),
        ((200, {"schema": 7}), "bad-answer"),
        ((200, {"schema": "{"}), "bad-answer"),
        ((200, {"schema": '"int"', "references": [{"name": "x"}]}), "bad-answer"),
        ((200, {"schema": "message M {}", "schemaType": "PROTOBUF"}), "not-avro"),
        ((200, {"schema": "[" * 100_000}), "not-avro"),
        ((401, {"message": "Unauthorized"}), "unauthorized"),
        ((403, {"message": "Forbidden"}), "forbidden"),
        ((302, b""), "bad-answer"),
        ((500, {"message": "no leader"}), "server-error"),
        ((429, {"message": "slow down"}), "server-error"),
        ((0, b""), "unreachable"),
    ],
)
def test_what_the_registry_answers_is_told_apart(answer: tuple[int, Any], code: str) -> None:
    with serving(lambda path: types_or(path, answer)) as served:
        assert error_of(registry_at(served.url)).code == code
        attempts = 3 if code in ("server-error", "unreachable") else 1
        assert len(served.paths) == 1 + attempts


def test_a_registry_that_is_not_there_is_named() -> None:
    with serving(lambda path: (200, [])) as served:
        pass
    error = error_of(registry_at(served.url))
    assert (error.code, served.url in str(error)) == ("unreachable", True)


def test_a_failure_that_passes_is_not_seen() -> None:
    left = [(503, {}), (0, b""), (200, ["AVRO"]), (503, {}), (200, {"schema": '"int"'})]
    with serving(lambda _: left.pop(0)) as served:
        assert registry_at(served.url).schema_by_id(1).avsc == "int"


def test_an_answer_that_takes_too_long_is_given_up() -> None:
    end = threading.Event()

    def answers(path: str) -> tuple[int, Any]:
        end.wait(10)
        return 200, []

    with serving(answers) as served:
        start = time.monotonic()
        error = error_of(registry_at(served.url, timeout_s=0.1))
        end.set()
    assert error.code == "timeout"
    assert time.monotonic() - start < 5


def test_an_answer_that_comes_in_drops_is_given_up() -> None:
    end = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)

        def drip() -> None:
            while not end.is_set():
                # nobody comes, or the client has gone
                with contextlib.suppress(OSError):
                    connection, _ = listener.accept()
                    with connection:
                        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
                        while not end.wait(0.01):
                            connection.sendall(b" ")

        thread = threading.Thread(target=drip)
        thread.start()
        try:
            error = error_of(registry_at(f"http://127.0.0.1:{listener.getsockname()[1]}", timeout_s=0.1))
        finally:
            end.set()
            thread.join()
    assert error.code == "timeout"


@pytest.mark.parametrize(
    ("credentials", "header"),
    [({"username": "ada", "password": "pä"}, "Basic YWRhOnDDpA=="), ({"token": "t.1"}, "Bearer t.1"), ({}, None)],
)
def test_credentials_are_sent(credentials: dict[str, str], header: str | None) -> None:
    with serving(lambda path: types_or(path, (401, {"message": "no"}))) as served:
        error = error_of(registry_at(served.url, **credentials))
    assert set(served.authorization) == {header}
    assert not any(secret in str(error) for secret in credentials.values())
