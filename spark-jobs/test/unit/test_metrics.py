from __future__ import annotations

import json
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.client import HTTPConnection

import pytest

from sluice_spark.group_offsets import Backlog
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
    metrics.set_backlog(Backlog({0: 7, 1: 0, 2: 5}, {0: 2, 1: 0, 2: 0}), {0: 1_500}, 4_000)
    metrics.batch_seconds.observe(0.4)
    status, text = get(server, "/metrics")
    assert status == 200
    assert 'sluice_records_total{pipeline="writers",result="written"} 3.0' in text
    assert 'sluice_lag_records{partition="0"} 7.0' in text
    assert 'sluice_transaction_held_offsets{partition="0"} 2.0' in text
    assert 'sluice_batch_seconds_bucket{le="0.5"} 1.0' in text


def test_a_time_lag_that_is_unknown_is_not_shown(metrics: JobMetrics, server: HealthServer) -> None:
    def seconds(partition: int) -> float | None:
        return metrics.registry.get_sample_value("sluice_lag_seconds", {"partition": str(partition)})

    metrics.set_backlog(Backlog({0: 7, 1: 0, 2: 5}, {0: 0, 1: 0, 2: 0}), {0: 1_500}, 4_000)
    assert (seconds(0), seconds(1), seconds(2)) == (2.5, 0, None)
    metrics.set_backlog(Backlog({0: 7, 1: 3}, {0: 0, 1: 0}), {}, 5_000)
    assert (seconds(0), seconds(1)) == (3.5, None)


def test_health_says_why_the_job_is_not_ready(server: HealthServer) -> None:
    assert get(server, "/health/live")[0] == 200
    assert get(server, "/health/ready")[0] == 200
    REASONS.append("stopped")
    status, text = get(server, "/health/ready")
    assert (status, json.loads(text)) == (503, {"ready": False, "reasons": ["stopped"]})
    assert get(server, "/other")[0] == 404


def test_a_request_under_a_name_that_is_not_its_own_is_refused(metrics: JobMetrics) -> None:
    server = HealthServer(0, metrics, list, allowed_hosts=["spark-job"])
    try:
        for host, status in (
            ("127.0.0.1:9466", 200),
            ("[::1]:9466", 200),
            ("localhost", 200),
            ("Spark-Job:9466", 200),
            ("evil.example:9466", 421),
            ("127.0.0.1.evil.example", 421),
            ("evil.example@127.0.0.1", 421),
        ):
            connection = HTTPConnection("127.0.0.1", server.port, timeout=5)
            connection.request("GET", "/metrics", headers={"host": host})
            assert (host, connection.getresponse().status) == (host, status)
            connection.close()
    finally:
        server.close()


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
