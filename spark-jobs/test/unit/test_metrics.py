from __future__ import annotations

import json
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from sluice_spark.metrics import HealthServer, JobMetrics

REASONS: list[str] = []


@pytest.fixture
def metrics() -> JobMetrics:
    return JobMetrics("writers")


@pytest.fixture
def server(metrics: JobMetrics) -> Iterator[HealthServer]:
    REASONS.clear()
    server = HealthServer(0, metrics, lambda: REASONS)
    yield server
    server.close()


def get(server: HealthServer, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_metrics_have_the_names_and_labels_of_the_stream_writer(metrics: JobMetrics, server: HealthServer) -> None:
    metrics.count("written", 3)
    metrics.count("dead_lettered", 0)
    metrics.set_lag({0: 7, 1: 0})
    metrics.batch_seconds.observe(0.4)
    status, text = get(server, "/metrics")
    assert status == 200
    assert 'sluice_records_total{pipeline="writers",result="written"} 3.0' in text
    assert 'sluice_lag_records{partition="0"} 7.0' in text
    assert 'sluice_batch_seconds_bucket{le="0.5"} 1.0' in text


def test_health_says_why_the_job_is_not_ready(server: HealthServer) -> None:
    assert get(server, "/health/live")[0] == 200
    assert get(server, "/health/ready")[0] == 200
    REASONS.append("stopped")
    status, text = get(server, "/health/ready")
    assert (status, json.loads(text)) == (503, {"ready": False, "reasons": ["stopped"]})
    assert get(server, "/other")[0] == 404


def test_a_taken_port_is_left_to_its_owner(metrics: JobMetrics) -> None:
    with socket.socket() as owner:
        owner.bind(("127.0.0.1", 0))
        owner.listen()
        taken = owner.getsockname()[1]
        server = HealthServer(taken, metrics, list)
        try:
            assert server.taken
            assert server.port != taken
        finally:
            server.close()
