"""What holds for every DAG."""

import importlib
import sys
from datetime import timedelta
from typing import Any

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk.exceptions import ParamValidationError
from conftest import DAGS


@pytest.fixture(scope="module")
def bag() -> Any:
    return DagBag(DAGS)


@pytest.fixture(params=["ingest_users", "stream_users"])
def dag(bag: Any, request: pytest.FixtureRequest) -> Any:
    return bag.dags[request.param]


def test_all_files_import_and_there_are_no_other_dags(bag: Any) -> None:
    assert bag.import_errors == {}
    assert sorted(bag.dags) == ["ingest_users", "stream_users"]


def test_a_dag_says_what_it_is_whose_it_is_and_runs_once_at_a_time(dag: Any) -> None:
    dag.check_cycle()
    assert dag.doc_md.startswith(("Publishes", "Writes"))
    assert dag.description
    assert "sluice" in dag.tags
    assert dag.owner == "sluice"
    assert dag.max_active_runs == 1
    assert dag.catchup is False
    assert dag.deadline


def test_every_task_is_tried_again_with_growing_waits_and_ends(dag: Any) -> None:
    for task in dag.tasks:
        assert task.owner == "sluice", task.task_id
        assert task.retries >= 1, task.task_id
        assert task.retry_delay > timedelta(0), task.task_id
        assert task.retry_exponential_backoff >= 2, task.task_id
        assert task.max_retry_delay >= task.retry_delay, task.task_id
        assert timedelta(0) < task.execution_timeout <= timedelta(days=1), task.task_id
        assert [callback.__name__ for callback in task.on_failure_callback] == ["task_failed"], task.task_id
        assert task.doc_md, task.task_id


def test_stream_users_looks_first_and_verifies_last(bag: Any) -> None:
    dag = bag.dags["stream_users"]
    assert dag.get_task("stream").upstream_task_ids == {"preflight"}
    # it also takes where the topic ended from the preflight
    assert dag.get_task("verify").upstream_task_ids == {"preflight", "stream"}


def test_stream_users_follows_ingest_users(bag: Any) -> None:
    (published,) = bag.dags["ingest_users"].get_task("publish").outlets
    assert bag.dags["stream_users"].schedule == [published]
    assert bag.dags["ingest_users"].schedule == "@hourly"


def test_a_dag_holds_nothing_secret(bag: Any) -> None:
    """What spark-submit needs to know of servers it inherits; templates are shown in the web page."""
    submitted = bag.dags["stream_users"].get_task("stream").env_vars
    assert sorted(submitted) == ["MAX_OFFSETS_PER_TRIGGER", "PATH", "SLUICE_SPARK_ENVIRONMENT", "STARTING_OFFSETS", "TRIGGER"]


@pytest.mark.parametrize(
    ("dag_id", "param", "good", "bad"),
    [
        ("ingest_users", "count", [1, 1_000_000, None], [0, -1, 1_000_001, 1.5, "5"]),
        ("ingest_users", "duration", ["60s", "5m", "2h", None], ["60", "0s", "-5m", "1d", "5m; rm", 60]),
        ("stream_users", "trigger", ["availableNow", "10s", "1m"], ["once", "0s", "10 seconds", "10", "", None]),
        ("stream_users", "starting_offsets", ["committed", "earliest", "latest"], ["now", "", None]),
        ("stream_users", "max_offsets_per_trigger", [1, 10_000_000], [0, 10_000_001, "many", None]),
        ("stream_users", "verify", ["audit", "lag"], ["no", None]),
    ],
)
def test_params_have_types_and_limits(bag: Any, dag_id: str, param: str, good: list[object], bad: list[object]) -> None:
    definition = bag.dags[dag_id].params.get_param(param)
    for value in good:
        assert definition.resolve(value) == value
    for value in bad:
        with pytest.raises(ParamValidationError):
            definition.resolve(value)


_FORBIDDEN = ("socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "sqlite3.", "shutil.", "tempfile.", "urllib.")


def test_importing_a_dag_asks_no_server_starts_no_process_and_writes_nothing(bag: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert bag.dags, "Airflow itself is imported"
    for name in [name for name in sys.modules if name.startswith(("sluice_dags", "ingest_users", "stream_users"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    watching = True
    seen: list[str] = []

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if not watching:
            return
        writes = event == "open" and isinstance(arguments[1], str) and bool(set(arguments[1]) & set("wax+"))
        if event.startswith(_FORBIDDEN) or writes:
            seen.append(f"{event} {arguments}")

    # a hook stays until the process ends
    sys.addaudithook(watch)
    try:
        for name in ["ingest_users", "stream_users"]:
            importlib.import_module(name)
    finally:
        watching = False
    assert seen == []
