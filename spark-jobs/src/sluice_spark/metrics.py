"""Metrics and health as the other apps serve them: /metrics, /health/live and /health/ready."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

SECONDS = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 7.5, 10, 15, 20, 30, 60, 120, 300)
RECORDS = (1, 10, 100, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000)


class JobMetrics:
    """What the job counts and measures."""

    def __init__(self, pipeline: str) -> None:
        """`pipeline` is the name of the consumer group, as for the stream-writer."""
        self.registry = CollectorRegistry()
        self._pipeline = pipeline
        self._records = Counter(
            "sluice_records_total",
            "Records settled by the pipeline, by what became of them.",
            ["pipeline", "result"],
            registry=self.registry,
        )
        self.write_seconds = Histogram(
            "sluice_write_seconds", "Time of one write to the sink.", buckets=SECONDS, registry=self.registry
        )
        self.batch_seconds = Histogram(
            "sluice_batch_seconds",
            "Time of one batch: decoded, written, letters sent, offsets committed.",
            buckets=SECONDS,
            registry=self.registry,
        )
        self.batch_records = Histogram(
            "sluice_batch_records", "Records of one write.", buckets=RECORDS, registry=self.registry
        )
        self._lag = Gauge(
            "sluice_lag_records",
            "Records of a partition that are not settled yet.",
            ["partition"],
            registry=self.registry,
        )

    def count(self, result: str, records: int) -> None:
        """Counts settled records: written, deduplicated or dead_lettered."""
        if records > 0:
            self._records.labels(self._pipeline, result).inc(records)

    def set_lag(self, lag: Mapping[int, int]) -> None:
        """The lag of each partition."""
        for partition, records in lag.items():
            self._lag.labels(str(partition)).set(records)


class HealthServer:
    """Serves the metrics; a taken port is left to its owner, and a free one used."""

    def __init__(
        self, port: int, metrics: JobMetrics, reasons: Callable[[], list[str]], host: str = "127.0.0.1"
    ) -> None:
        """`reasons` says why the job is not ready; nothing where it is."""
        handler = _handler(metrics, reasons)
        self.taken = False
        try:
            self._server = ThreadingHTTPServer((host, port), handler)
        except OSError:
            self.taken = True
            self._server = ThreadingHTTPServer((host, 0), handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        Thread(target=self._server.serve_forever, name="metrics", daemon=True).start()

    def close(self) -> None:
        """Stops listening."""
        self._server.shutdown()
        self._server.server_close()


def _handler(metrics: JobMetrics, reasons: Callable[[], list[str]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.split("?", 1)[0]
            if path == "/metrics":
                self._answer(200, CONTENT_TYPE_LATEST, generate_latest(metrics.registry))
            elif path == "/health/live":
                self._json(200, {"live": True})
            elif path == "/health/ready":
                found = reasons()
                self._json(503 if found else 200, {"ready": not found, "reasons": found})
            else:
                self._json(404, {"error": "not found", "paths": ["/metrics", "/health/live", "/health/ready"]})

        def _json(self, status: int, body: object) -> None:
            self._answer(status, "application/json; charset=utf-8", f"{json.dumps(body)}\n".encode())

        def _answer(self, status: int, content_type: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("content-type", content_type)
            self.send_header("content-length", str(len(body)))
            self.send_header("cache-control", "no-store")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Requests are no events of the job."""

    return Handler
