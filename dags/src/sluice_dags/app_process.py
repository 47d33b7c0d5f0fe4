"""Runs the built apps, plain Node programs, by their contract.

The log is on stderr, a JSON object the last line of stdout; exit code 0 stands for success, 78 for settings that are not
valid, 1 for everything else, with a message.
"""

import json
import logging
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any

CONFIGURATION = 78
_STOP_SECONDS = 15.0
_QUOTED_LINES = 20
_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warn": logging.WARNING, "error": logging.ERROR}


class AppError(Exception):
    """An app that did not do what it was started for: with its exit code, None where it was ended, and what it printed."""

    def __init__(self, message: str, *, code: int | None, result: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.result = result


@dataclass(frozen=True)
class AppCommand:
    """An app and its arguments: `command[0]` is looked for on the PATH, `script` has to be there."""

    name: str
    node: str
    script: Path
    arguments: Sequence[str]
    node_options: Sequence[str] = ()

    @property
    def text(self) -> str:
        """As a person would name it."""
        return " ".join([self.name, *self.arguments])


class AppProcess:
    """One run of an app, whose log goes on line by line into the logger of the task."""

    def __init__(self, command: AppCommand, *, environment: Mapping[str, str], log: Any) -> None:
        """Starts it. Raises AppError where it cannot be started, naming what is missing."""
        self._command = command
        self._log = log
        self._last_words: list[str] = []
        if not command.script.is_file():
            raise AppError(
                f"{command.name} is not built: there is no {command.script}. Run `npx nx run {command.name}:build`, or set "
                "SLUICE_HOME to the folder of the repository.",
                code=CONFIGURATION,
            )
        try:
            # A session of its own: a signal for the task's group must not reach it twice.
            self._process = subprocess.Popen(
                [command.node, *command.node_options, str(command.script), *command.arguments],
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                start_new_session=True,
            )
        except OSError as error:
            raise AppError(
                f"{command.node} cannot be started: {error.strerror}. Put Node 22.15 or newer on the PATH, or set SLUICE_NODE.",
                code=CONFIGURATION,
            ) from error
        self._output: list[str] = []
        self._readers = [
            Thread(target=self._collect, daemon=True),
            Thread(target=self._follow, daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def result(self, within: timedelta) -> dict[str, Any]:
        """Waits for its end and returns the JSON object of its last line.

        Raises AppError for another exit code than 0, and, after ending it, where it takes longer.
        """
        try:
            code = self._process.wait(within.total_seconds())
        except subprocess.TimeoutExpired:
            self.stop()
            message = f"{self._command.text} was ended after {within.total_seconds():g} s"
            raise AppError(self._with_last_words(message), code=None) from None
        finally:
            # whatever ends the waiting, as the time-out of the task: nothing goes on behind its back
            self.stop()
        for reader in self._readers:
            reader.join()
        result = _last_object(self._output)
        if code != 0:
            message = f"{self._command.text} ended with exit code {code}"
            raise AppError(self._with_last_words(message), code=code, result=result)
        if result is None:
            raise AppError(f"{self._command.text} printed no JSON object as its last line", code=code)
        return result

    def stop(self) -> None:
        """SIGTERM, then SIGKILL. Does nothing where it has ended."""
        if self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _collect(self) -> None:
        self._output.extend(self._process.stdout or [])

    def _follow(self) -> None:
        for line in self._process.stderr or []:
            level, text = _log_line(line.rstrip())
            if level is None:
                # not of the log: the message that an app ends with, of one line or more
                self._last_words.append(text)
            elif level >= logging.WARNING:
                self._last_words = [text]
            self._log.log(level or logging.ERROR, f"{self._command.name}: {text}")

    def _with_last_words(self, message: str) -> str:
        quoted = "\n".join(self._last_words[-_QUOTED_LINES:])
        return f"{message}: {quoted}" if quoted else message


def _log_line(line: str) -> tuple[int | None, str]:
    """Level and message of a line of the apps' log; without a level where it is none."""
    try:
        entry = json.loads(line)
        return _LEVELS[entry["level"]], str(entry["msg"])
    except (ValueError, KeyError, TypeError):
        return None, line


def _last_object(lines: Sequence[str]) -> dict[str, Any] | None:
    try:
        value = json.loads(lines[-1])
    except (ValueError, IndexError):
        return None
    return value if isinstance(value, dict) else None
