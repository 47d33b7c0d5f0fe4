"""SIGTERM and SIGINT: the running batch ends, the next one does not begin. The second one ends the process at once."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable
from threading import Event
from types import FrameType
from typing import TYPE_CHECKING, Any

from py4j.protocol import Py4JJavaError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


SAME_REQUEST_S = 2.0
"""A signal to the whole process group comes twice, to this process and by way of the JVM, and is one request."""


class Stop:
    """Whether the job was asked to stop, by a signal to this process or to the JVM of spark-submit."""

    def __init__(self, on_request: Callable[[], None] = lambda: None) -> None:
        """`on_request` is told of the first request."""
        self._event = Event()
        self._on_request = on_request
        self._since = 0.0

    @property
    def requested(self) -> bool:
        """Whether a batch may no longer begin."""
        return self._event.is_set()

    def request(self) -> None:
        """Asks for the stop; asked again, ends the process: nothing is lost, only redone."""
        now = time.monotonic()
        if self._event.is_set():
            if now - self._since > SAME_REQUEST_S:
                os._exit(1)
            return
        self._since = now
        self._event.set()
        self._on_request()

    def on_signals(self) -> None:
        """Listens to the signals of this process. Only from the main thread."""

        def handle(_number: int, _frame: FrameType | None) -> None:
            self.request()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, handle)

    def on_jvm_signals(self, spark: SparkSession) -> None:
        """Listens to the signals of the JVM: under spark-submit a SIGTERM is for it, and would end it amid a batch."""
        from pyspark.java_gateway import ensure_callback_server_started

        gateway: Any = spark.sparkContext._gateway
        ensure_callback_server_started(gateway)
        self._handler = _SignalHandler(self)
        jvm_signal = gateway.jvm.sun.misc.Signal
        for name in ("TERM", "INT"):
            # one that the JVM was started to ignore is none of its
            with contextlib.suppress(Py4JJavaError):
                jvm_signal.handle(jvm_signal(name), self._handler)


class _SignalHandler:
    """What the JVM calls; named as its interface has it."""

    def __init__(self, stop: Stop) -> None:
        self._stop = stop

    def handle(self, _signal: object) -> None:
        self._stop.request()

    class Java:
        implements = ("sun.misc.SignalHandler",)
