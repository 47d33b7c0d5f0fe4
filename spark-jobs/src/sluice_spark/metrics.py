"""Metrics and health as the other apps serve them: /metrics, /health/live and /health/ready."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from sluice_spark.allowed_hosts import is_allowed_host
from sluice_spark.group_offsets import Backlog

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
        self._lag = self._gauge("sluice_lag_records", "Last stable offset - committed offset of a partition.")
        self._held = self._gauge(
            "sluice_transaction_held_offsets",
            "High watermark - last stable offset of a partition: what open transactions keep from readers.",
        )
        self._lag_seconds = self._gauge(
            "sluice_lag_seconds",
            "Greatest age of the oldest record of a partition that is not settled: that of the one before it. 0 at the end.",
        )
        self._settled_ms: dict[int, int] = {}

    def _gauge(self, name: str, meaning: str) -> Gauge:
        return Gauge(name, meaning, ["partition"], registry=self.registry)

    def count(self, result: str, records: int) -> None:
        """Counts settled records: written, deduplicated or dead_lettered."""
        if records > 0:
            self._records.labels(self._pipeline, result).inc(records)

    def set_backlog(self, backlog: Backlog, settled_ms: Mapping[int, int], now_ms: int) -> None:
        """The backlog of each partition after a batch.

        Args:
            backlog: as the brokers tell it.
            settled_ms: the timestamp of the last record of the batch, by partition.
            now_ms: the clock, ms since the epoch.
        """
        self._settled_ms.update(settled_ms)
        for partition, lag in backlog.lag.items():
            self._lag.labels(str(partition)).set(lag)
            self._held.labels(str(partition)).set(backlog.held[partition])
            settled = now_ms if lag == 0 else self._settled_ms.get(partition)
            if settled is not None:
                self._lag_seconds.labels(str(partition)).set(max(0, now_ms - settled) / 1_000)
            else:
                # unknown, which is not 0
                with suppress(KeyError):
                    self._lag_seconds.remove(str(partition))


IDLE_SECONDS = 10


class HealthServer:
    """Serves the metrics; a taken port is left to its owner, and a free one used."""

    def __init__(
        self,
        port: int,
        metrics: JobMetrics,
        reasons: Callable[[], list[str]],
        host: str = "127.0.0.1",
        allowed_hosts: Collection[str] = (),
    ) -> None:
        """`reasons` says why the job is not ready; nothing where it is. Requests under other host names get 421."""
        handler = _handler(metrics, reasons, allowed_hosts)
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


def _handler(
    metrics: JobMetrics, reasons: Callable[[], list[str]], allowed_hosts: Collection[str]
) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = IDLE_SECONDS

        def do_GET(self) -> None:
            path = self.path.split("?", 1)[0]
            if not is_allowed_host(self.headers.get("host"), allowed_hosts):
                self._json(421, {"error": "this host name is not allowed: use an IP address, or set ALLOWED_HOSTS"})
            elif path == "/metrics":
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
