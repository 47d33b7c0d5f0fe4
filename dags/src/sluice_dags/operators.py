"""The tasks that run an app: publishing users, looking before a run, verifying after it."""

import os
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from sluice_dags.app_process import CONFIGURATION, AppCommand, AppError, AppProcess
from sluice_dags.preflight import check_problems, setting_problems, spark_artefacts
from sluice_dags.settings import Settings
from sluice_dags.verification import audit_problems, ends_of, held_of, lag_of, offset_problems

# Keep the apps near 150 MB of memory, as their own start commands do.
_SMALL_HEAP = (
    "--max-semi-space-size=4",
    "--max-old-space-size=96",
    "--no-parallel-scavenge",
    "--heap-growing-percent=50",
)
_AUDIT_HEAP = ("--max-semi-space-size=16", "--max-old-space-size=160")
# The group of the Spark job: verified is what it has committed.
_GROUP = {"KAFKA_GROUP_ID": "spark-writer"}
# An app waits for its servers without end and says for which; a task says so sooner, and is tried again.
_QUESTION = timedelta(minutes=2)
_A_DAY = timedelta(days=1)


class _AppOperator(BaseOperator):
    """Runs apps one after the other, and ends the one that runs when the task is stopped."""

    def __init__(self, *, settings: Settings, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._settings = settings
        self._process: AppProcess | None = None

    def run_app(
        self, name: str, arguments: Sequence[str], *, within: timedelta, node_options: Sequence[str] = ()
    ) -> dict[str, Any]:
        """The JSON object that the app prints. Raises AppError."""
        settings = self._settings
        command = AppCommand(name, settings.node, settings.app(name), [*arguments, "--json"], node_options)
        environment = {**_GROUP, "METRICS_PORT": "0", **os.environ}
        self._process = AppProcess(command, environment=environment, log=self.log)
        return self._process.result(within)

    def on_kill(self) -> None:
        """Airflow calls it when the task is marked as something else, cleared, or out of time."""
        if self._process:
            self._process.stop()

    def failure(self, error: AppError) -> AirflowException:
        """Settings that are not valid stay so: they are not tried again."""
        return AirflowFailException(str(error)) if error.code == CONFIGURATION else AirflowException(str(error))


class PublishUsersOperator(_AppOperator):
    """Runs `producer run`: by `count`, by `duration`, or until the first of both. Returns what it published."""

    template_fields = ("count", "duration")

    def __init__(self, *, count: str, duration: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.count = count
        self.duration = duration

    def execute(self, context: Any) -> dict[str, Any]:
        bounds = [("--count", self.count), ("--duration", self.duration)]
        arguments = [part for option, value in bounds if _is_given(value) for part in (option, str(value))]
        if not arguments:
            raise AirflowFailException("neither count nor duration is given: how much is to be published?")
        try:
            limit = self.execution_timeout or _A_DAY
            published = self.run_app("producer", ["run", *arguments], within=limit, node_options=_SMALL_HEAP)
        except AppError as error:
            raise self.failure(error) from error
        self.log.info("published: %s", published)
        return published


class PreflightOperator(_AppOperator):
    """Checks what the job needs, all of it before it says so.

    Returns `{"submit": Artefacts, "ends": {partition: end offset}, "lag": records}`.
    """

    def execute(self, context: Any) -> dict[str, Any]:
        settings = self._settings
        found = spark_artefacts(settings.home, settings.spark_environment, path=os.environ.get("PATH", os.defpath))
        problems = [*setting_problems(os.environ), *_connection_problems(), *found.problems]
        try:
            self.run_app("stream-writer", ["migrate", "--check"], within=_QUESTION)
        except AppError as error:
            missing = check_problems(error.result)
            if not missing:
                raise self.failure(error) from error
            problems.extend(missing)
        if problems or found.artefacts is None:
            # only a person mends them, so it is not tried again
            raise AirflowFailException("the job cannot run:\n" + "\n".join(f"- {problem}" for problem in problems))
        try:
            offsets = self.run_app("stream-writer", ["offsets"], within=_QUESTION)
        except AppError as error:
            raise self.failure(error) from error
        self.log.info("group %s has %s records to settle", offsets["group"], lag_of(offsets))
        return {"submit": found.artefacts, "ends": ends_of(offsets), "lag": lag_of(offsets)}


class VerifyOperator(_AppOperator):
    """Fails where records of this run are not settled or, with `how` = audit, where the table is not what the topic makes it.

    `before` is what the preflight returned. Returns `{"lag", "held"}` and, with an audit, `records`, `keys`, `rows`, `refused` and
    `letters`.
    """

    template_fields = ("how", "before")

    def __init__(self, *, how: str, before: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.how = how
        self.before = before

    def execute(self, context: Any) -> dict[str, Any]:
        try:
            offsets = self.run_app("stream-writer", ["offsets"], within=_QUESTION)
            problems = offset_problems(offsets, self.before["ends"])
            audit = self._audit() if self.how == "audit" else None
        except AppError as error:
            raise self.failure(error) from error
        problems.extend(audit_problems(audit) if audit else [])
        if problems:
            raise AirflowException("; ".join(problems))
        held = held_of(offsets)
        if held > 0:
            self.log.warning("open transactions hold back %s offsets of %s: a later run reads them", held, offsets["topic"])
        counts = {} if audit is None else {name: audit[name] for name in ("records", "keys", "rows", "refused", "letters")}
        return {"lag": lag_of(offsets), "held": held, **counts}

    def _audit(self) -> dict[str, Any]:
        limit = self.execution_timeout or _A_DAY
        try:
            return self.run_app("stream-writer", ["audit"], within=limit, node_options=_AUDIT_HEAP)
        except AppError as error:
            # its exit code also stands for records that came while it ran; the report tells them apart
            if error.result is None:
                raise
            return error.result


def _is_given(value: object) -> bool:
    return value is not None and str(value) not in ("", "None")


def _connection_problems() -> list[str]:
    from airflow.sdk import Connection

    try:
        Connection.get("spark_default")
    except Exception:
        # without it the operator would try YARN, and fail for other reasons
        return [
            "there is no connection spark_default: set AIRFLOW_CONN_SPARK_DEFAULT, as "
            '\'{"conn_type":"spark","host":"spark://127.0.0.1","port":7077}\' or "host":"local[2]"'
        ]
    return []
