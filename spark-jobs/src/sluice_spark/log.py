"""Logs as the other apps write them: one JSON line an event, on stderr."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime

LEVELS = {"debug": 10, "info": 20, "warn": 30, "error": 40, "silent": 100}


class Logger:
    """What varies goes into the fields, the message stays the same. Never given a value of a record or a secret."""

    def __init__(self, name: str, level: str) -> None:
        """Writes the lines of `level` and above."""
        self._name = name
        self._least = LEVELS[level]

    def debug(self, message: str, **fields: object) -> None:
        """For whoever looks for a fault."""
        self._write("debug", message, fields)

    def info(self, message: str, **fields: object) -> None:
        """What happened, as it should."""
        self._write("info", message, fields)

    def warn(self, message: str, **fields: object) -> None:
        """What someone should look at."""
        self._write("warn", message, fields)

    def _write(self, level: str, message: str, fields: dict[str, object]) -> None:
        if LEVELS[level] < self._least:
            return
        time = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line = {"level": level, "time": time, "pid": os.getpid(), "name": self._name, **fields, "msg": message}
        print(json.dumps(line, ensure_ascii=False, separators=(",", ":")), file=sys.stderr, flush=True)
