"""Settings from the environment."""

from datetime import timedelta
from pathlib import Path

import pytest

from sluice_dags.settings import SettingsError, load_settings


def test_defaults_are_of_the_repository() -> None:
    settings = load_settings({})
    repository = Path(__file__).resolve().parents[2]
    assert settings.app("producer") == repository / "apps/producer/dist/main.js"
    assert settings.spark_environment == repository / "spark-jobs/.venv"
    assert (settings.ingest_schedule, settings.stream_schedule) == ("@hourly", "after-ingest")
    assert (settings.retries, settings.retry_delay) == (3, timedelta(minutes=1))
    assert settings.preflight_timeout == timedelta(minutes=10)


def test_everything_can_be_somewhere_else_and_at_another_time() -> None:
    settings = load_settings(
        {
            "SLUICE_HOME": "/opt/sluice",
            "SLUICE_NODE": "node",
            "SLUICE_INGEST_SCHEDULE": "none",
            "SLUICE_STREAM_SCHEDULE": "*/5 * * * *",
            "SLUICE_TASK_RETRIES": "1",
            "SLUICE_RETRY_DELAY": "5s",
            "SLUICE_TASK_TIMEOUT": "3m",
            "SLUICE_RUN_DEADLINE": "1d",
        }
    )
    assert settings.app("producer") == Path("/opt/sluice/apps/producer/dist/main.js")
    assert settings.spark_environment == Path("/opt/sluice/spark-jobs/.venv")
    assert settings.node == "node"
    assert (settings.ingest_schedule, settings.stream_schedule) == (None, "*/5 * * * *")
    assert (settings.retries, settings.retry_delay) == (1, timedelta(seconds=5))
    assert settings.preflight_timeout == settings.task_timeout == timedelta(minutes=3)
    assert settings.deadline == timedelta(days=1)


def test_all_that_is_not_valid_is_named_at_once() -> None:
    with pytest.raises(SettingsError) as raised:
        load_settings({"SLUICE_TASK_RETRIES": "0", "SLUICE_RETRY_DELAY": "soon", "SLUICE_RUN_DEADLINE": "0s"})
    lines = str(raised.value).splitlines()
    assert [line.split(":")[0] for line in lines] == ["SLUICE_TASK_RETRIES", "SLUICE_RETRY_DELAY", "SLUICE_RUN_DEADLINE"]
