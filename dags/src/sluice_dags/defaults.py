"""What the DAGs have in common."""

from datetime import timedelta
from typing import Any

from airflow.sdk import Asset
from airflow.sdk.definitions.callback import SyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert, DeadlineReference

from sluice_dags.alerts import deadline_missed, task_failed
from sluice_dags.settings import Settings

USERS = Asset("user_records", "sluice://kafka/user_records")
"""The topic, as what one DAG makes and the other takes."""


def task_defaults(settings: Settings) -> dict[str, Any]:
    """Tries again with growing waits, ends what hangs, and says what failed for good."""
    return {
        "owner": "sluice",
        "retries": settings.retries,
        "retry_delay": settings.retry_delay,
        "retry_exponential_backoff": 2.0,
        "max_retry_delay": timedelta(hours=1),
        "execution_timeout": settings.task_timeout,
        "on_failure_callback": task_failed,
    }


def run_deadline(settings: Settings) -> DeadlineAlert:
    """Alerts when a run takes longer than it should; the run goes on. It runs in the executor, without a triggerer."""
    return DeadlineAlert(
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=settings.deadline,
        callback=SyncCallback(deadline_missed, kwargs={"after": str(settings.deadline)}),
    )
