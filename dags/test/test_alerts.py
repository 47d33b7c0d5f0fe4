"""Alerts, with a real server for the webhook."""

import json
import logging
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest

from sluice_dags.alerts import deadline_missed, task_failed


class _Webhook(HTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status = 204
        self.received: list[dict[str, Any]] = []


class _Handler(BaseHTTPRequestHandler):
    server: _Webhook

    def do_POST(self) -> None:
        self.server.received.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def webhook(monkeypatch: pytest.MonkeyPatch) -> Iterator[_Webhook]:
    server = _Webhook()
    thread = Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("AIRFLOW_VAR_SLUICE_ALERT_WEBHOOK", f"http://127.0.0.1:{server.server_port}/hook?key=k3y")
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def _context(error: Exception) -> dict[str, Any]:
    ti = SimpleNamespace(dag_id="stream_users", run_id="manual__1", task_id="stream", try_number=3, log_url="http://a/log")
    return {"ti": ti, "exception": error}


def test_a_failed_task_is_one_line_and_one_post(webhook: _Webhook, caplog: pytest.LogCaptureFixture) -> None:
    task_failed(_context(RuntimeError("Cassandra at 127.0.0.1:9042\ncannot be reached")))
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert "\n" not in record.getMessage()
    assert webhook.received == [json.loads(record.getMessage())]
    assert webhook.received[0] == {
        "event": "task-failed",
        "dag": "stream_users",
        "run": "manual__1",
        "task": "stream",
        "tries": 3,
        "error": "Cassandra at 127.0.0.1:9042 cannot be reached",
        "log": "http://a/log",
    }


def test_an_error_is_shortened_and_has_no_password_of_an_address(webhook: _Webhook) -> None:
    task_failed(_context(RuntimeError("GET http://user:hunter2@host/x?key=hunter2&hunter2#hunter2 failed " + "x" * 1000)))
    error = webhook.received[0]["error"]
    assert error.startswith("GET http://***@host/x?key=***&***#*** failed")
    assert len(error) <= 501


def test_a_late_run_is_alerted_with_what_the_scheduler_gives(webhook: _Webhook) -> None:
    deadline_missed({"dag_run": {"dag_id": "ingest_users", "dag_run_id": "manual__2"}}, after="2:00:00")
    assert webhook.received == [{"event": "deadline-missed", "dag": "ingest_users", "run": "manual__2", "after": "2:00:00"}]


def test_a_webhook_that_fails_hides_nothing_and_its_address_stays_out_of_the_log(
    webhook: _Webhook, caplog: pytest.LogCaptureFixture
) -> None:
    webhook.status = 500
    task_failed(_context(RuntimeError("the reason")))
    said = [record.getMessage() for record in caplog.records]
    assert "the reason" in said[0]
    assert said[1] == "the alert was not sent: the webhook answered 500"
    assert "k3y" not in caplog.text


@pytest.mark.parametrize("address", ["file:///etc/passwd", "no address k3y"])
def test_a_webhook_has_to_be_http(address: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setenv("AIRFLOW_VAR_SLUICE_ALERT_WEBHOOK", address)
    task_failed(_context(RuntimeError("the reason")))
    assert [record.getMessage() for record in caplog.records][1:] == ["the alert was not sent: ValueError"]


def test_without_a_webhook_there_is_the_line_alone(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setenv("AIRFLOW_VAR_SLUICE_ALERT_WEBHOOK", "")
    task_failed(_context(RuntimeError("the reason")))
    assert len(caplog.records) == 1
