"""What the DAGs take from the environment, all of it optional. Nothing here reads a file or asks a server."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

_REPOSITORY = Path(__file__).resolve().parents[3]
_DURATION = re.compile(r"(\d{1,6})(s|m|h|d)")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}

AFTER_INGEST = "after-ingest"
NO_SCHEDULE = "none"


class SettingsError(ValueError):
    """Settings that are not valid; the message has a line for each."""


@dataclass(frozen=True)
class Settings:
    """The settings, read once when Airflow parses a DAG.

    `retry_delay` is the wait before the first retry, doubled with each one up to an hour. `task_timeout` ends a task that
    ingests, streams or verifies; the time-out of a preflight is never longer than 10 minutes. `deadline` is the time from the
    start of a run after which an alert is sent while it goes on.
    """

    home: Path
    node: str
    spark_environment: Path
    ingest_schedule: str | None
    stream_schedule: str | None
    retries: int
    retry_delay: timedelta
    task_timeout: timedelta
    deadline: timedelta

    @property
    def preflight_timeout(self) -> timedelta:
        """A preflight only asks; what takes longer is not there."""
        return min(self.task_timeout, timedelta(minutes=10))

    def app(self, name: str) -> Path:
        """The built app: `npx nx run <name>:build` makes it."""
        return self.home / "apps" / name / "dist" / "main.js"


def load_settings(environment: Mapping[str, str]) -> Settings:
    """Reads the settings.

    Raises SettingsError that names every one which is not valid.
    """
    problems: list[str] = []

    def duration(name: str, default: str) -> timedelta:
        text = environment.get(name, default)
        matched = _DURATION.fullmatch(text)
        if matched and int(matched[1]) > 0:
            return timedelta(**{_UNITS[matched[2]]: int(matched[1])})
        problems.append(f"{name}: needs a time such as 30s, 5m or 1h, not {text!r}")
        return timedelta(hours=1)

    retries = environment.get("SLUICE_TASK_RETRIES", "3")
    if not re.fullmatch(r"[1-9]\d?", retries):
        problems.append(f"SLUICE_TASK_RETRIES: needs a number from 1 to 99, not {retries!r}")
        retries = "1"
    home = Path(environment.get("SLUICE_HOME") or _REPOSITORY)
    settings = Settings(
        home=home,
        node=environment.get("SLUICE_NODE") or str(home / "node_modules" / ".bin" / "node"),
        spark_environment=Path(environment.get("SLUICE_SPARK_ENVIRONMENT") or home / "spark-jobs" / ".venv"),
        ingest_schedule=_schedule(environment.get("SLUICE_INGEST_SCHEDULE", "@hourly")),
        stream_schedule=_schedule(environment.get("SLUICE_STREAM_SCHEDULE", AFTER_INGEST)),
        retries=int(retries),
        retry_delay=duration("SLUICE_RETRY_DELAY", "1m"),
        task_timeout=duration("SLUICE_TASK_TIMEOUT", "1h"),
        deadline=duration("SLUICE_RUN_DEADLINE", "2h"),
    )
    if problems:
        raise SettingsError("\n".join(problems))
    return settings


def _schedule(text: str) -> str | None:
    return None if text == NO_SCHEDULE else text
