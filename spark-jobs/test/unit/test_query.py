"""How a query ends. What Spark raises is given; that it raises it is shown by the integration tests."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from pyspark.errors import StreamingQueryException

from sluice_spark.batch_writer import StoppedBeforeBatchError
from sluice_spark.config import load_config
from sluice_spark.errors import JobError
from sluice_spark.query import await_end
from sluice_spark.stopping import Stop

CONFIG = load_config({"CHECKPOINT_LOCATION": "/checkpoint"})
FAULT = (
    '[STREAM_FAILED] terminated with exception: Cannot invoke "scala.collection.IterableOps.map(scala.Function1)" because '
    'the return value of "scala.Option.get()" is null'
)


def query_that_raises(text: str) -> Any:
    def fail(_seconds: float) -> bool:
        raise StreamingQueryException(text)

    return SimpleNamespace(awaitTermination=fail)


def writer_with(failure: BaseException | None) -> Any:
    return SimpleNamespace(failure=failure, last_batch=0)


def test_a_query_that_the_fault_of_the_metrics_ended_is_started_again() -> None:
    assert not await_end(query_that_raises(FAULT), writer_with(None), Stop(), CONFIG)


def test_it_is_not_where_a_stop_was_asked_for() -> None:
    stop = Stop()
    stop.request()
    assert await_end(query_that_raises(FAULT), writer_with(None), stop, CONFIG)


def test_a_batch_that_a_stop_kept_from_beginning_is_no_failure() -> None:
    assert await_end(query_that_raises("any"), writer_with(StoppedBeforeBatchError()), Stop(), CONFIG)


def test_a_batch_that_failed_ends_the_run_with_its_reason() -> None:
    reason = JobError("group-in-use", "another writer")
    for text in ("any", FAULT):
        with pytest.raises(JobError, match="another writer"):
            await_end(query_that_raises(text), writer_with(reason), Stop(), CONFIG)
