"""What the job looks at before and while it runs: the table, the checkpoint, floods, stops, failures."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from sluice_spark.checkpoint import Checkpoint, parse_offsets
from sluice_spark.config import load_config
from sluice_spark.errors import JobError
from sluice_spark.failures import OffsetRange, to_job_error, unreadable_batch
from sluice_spark.flood_guard import FloodGuard
from sluice_spark.stopping import Stop
from sluice_spark.table_check import table_problems

CONFIG = load_config({"CHECKPOINT_LOCATION": "/checkpoint"})
EXPECTED = {"uuid": "uuid", "age": "int", "email": "text"}
LIVE = {"uuid": ("uuid", "partition_key"), "age": ("int", "regular"), "email": ("text", "regular")}


def test_a_table_with_the_columns_of_the_schema_and_more_is_fine() -> None:
    assert table_problems("k.t", {**LIVE, "note": ("text", "regular")}, EXPECTED) == []


def test_a_missing_table_or_column_names_the_command_that_mends_it() -> None:
    for live in ({}, {"uuid": LIVE["uuid"], "age": LIVE["age"]}):
        (problem,) = table_problems("k.t", live, EXPECTED)
        assert "npx nx run stream-writer:migrate" in problem


def test_a_table_of_texts_is_refused_naming_its_columns() -> None:
    (problem,) = table_problems("k.t", {**LIVE, "age": ("text", "regular")}, EXPECTED)
    assert "age text (not int)" in problem
    assert "stream-writer write this table" in problem


def test_another_primary_key_is_refused() -> None:
    (problem,) = table_problems("k.t", {**LIVE, "age": ("int", "clustering")}, EXPECTED)
    assert "(uuid, age), not (uuid)" in problem


def test_the_offset_log_of_spark_is_read() -> None:
    assert parse_offsets('v1\n{"batchWatermarkMs":0}\n{"users":{"1":7,"0":12}}') == {"users": {0: 12, 1: 7}}
    assert parse_offsets('v1\n{"batchWatermarkMs":0}\n-') == {}


def planned(folder: Path, batch: int, end: int, *, done: bool) -> None:
    """Notes a batch as Spark does."""
    for name in ("offsets", "commits"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "offsets" / str(batch)).write_text(f'v1\n{{}}\n{{"users":{{"0":{end}}}}}')
    if done:
        (folder / "commits" / str(batch)).touch()


def test_a_checkpoint_knows_its_topic_and_where_it_resumes(spark: SparkSession, tmp_path: Path) -> None:
    root = tmp_path / "new"
    checkpoint = Checkpoint(spark, str(root))
    checkpoint.require_rights()
    assert checkpoint.require_topic("users") is None
    checkpoint.begin("users", "an-id", {0: 80})
    assert (checkpoint.location, checkpoint.topic_id, checkpoint.starting_offsets) == (str(root), "an-id", {0: 80})
    planned(root, 0, 90, done=False)
    assert checkpoint.require_topic("users") == {0: 80}, "a batch that is only planned is done again"
    planned(root, 0, 90, done=True)
    assert checkpoint.require_topic("users") == {0: 90}
    planned(root, 1, 100, done=False)
    assert checkpoint.require_topic("users") == {0: 90}
    assert checkpoint.end_offsets(1, "users") == {0: 100}
    with pytest.raises(JobError, match="is of topic users, not of others"):
        checkpoint.require_topic("others")


def test_a_checkpoint_of_an_earlier_version_is_taken_as_it_is(spark: SparkSession, tmp_path: Path) -> None:
    planned(tmp_path, 9, 90, done=True)
    checkpoint = Checkpoint(spark, str(tmp_path))
    assert (checkpoint.require_topic("users"), checkpoint.topic_id) == ({0: 90}, None)
    checkpoint.begin("users", "an-id", {})
    again = Checkpoint(spark, str(tmp_path))
    assert (again.location, again.require_topic("users"), again.topic_id) == (str(tmp_path), {0: 90}, "an-id")


def test_a_query_that_begins_elsewhere_has_a_folder_of_its_own_from_the_moment_it_is_decided(
    spark: SparkSession, tmp_path: Path
) -> None:
    planned(tmp_path, 9, 90, done=True)
    checkpoint = Checkpoint(spark, str(tmp_path))
    checkpoint.begin("users", "an-id", {})
    checkpoint.begin("users", "another-id", {0: 5})
    (tmp_path / "sluice" / "partial").write_text("{")
    again = Checkpoint(spark, str(tmp_path))
    assert again.location == f"{tmp_path}/sluice/1"
    assert (again.require_topic("users"), again.starting_offsets, again.topic_id) == ({0: 5}, {0: 5}, "another-id")
    planned(Path(again.location), 0, 7, done=True)
    assert again.require_topic("users") == {0: 7}


def test_a_checkpoint_that_cannot_be_made_is_told(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(JobError, match=r"cannot be written to \(\w+Exception\)"):
        Checkpoint(spark, str(tmp_path / "file" / "checkpoint")).require_rights()
    with pytest.raises(JobError, match="is no place that Spark knows"):
        Checkpoint(spark, "nowhere://checkpoint")


def test_more_letters_than_their_share_of_the_latest_records_are_a_flood() -> None:
    guard = FloodGuard(0.5)
    assert not guard.is_flood(records=1_000, letters=500)
    assert guard.is_flood(records=1_000, letters=501)


def test_letters_of_small_batches_add_up_to_a_flood() -> None:
    guard = FloodGuard(0.5)
    assert [guard.is_flood(records=60, letters=60) for _ in range(4)] == [False, False, False, True]


def test_a_few_letters_and_an_accepted_share_are_no_flood() -> None:
    assert not FloodGuard(0.5).is_flood(records=199, letters=199)
    assert not FloodGuard(1).is_flood(records=5_000, letters=5_000)


def test_a_stop_is_told_once_also_where_its_signal_comes_twice() -> None:
    told: list[str] = []
    stop = Stop(lambda: told.append("stopping"))
    assert not stop.requested
    stop.request()
    stop.request()
    assert stop.requested
    assert told == ["stopping"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Some data may have been lost because they are not available in Kafka any more", "offset-out-of-range"),
        ("java.io.IOException: Failed to write statements to k.t. WriteTimeoutException", "cassandra-failed"),
        ("Traceback (most recent call last):\nsluice_spark.errors.JobError: no letter was taken", "job"),
        ("[CONCURRENT_STREAM_LOG_UPDATE] Concurrent update", "checkpoint-in-use"),
        ("Failed to find data source: kafka. Please deploy", "jars-missing"),
        ("anything else", "spark-failed"),
    ],
)
def test_a_failure_is_told_by_what_it_means(text: str, code: str) -> None:
    assert to_job_error(RuntimeError(text), CONFIG).code == code


RANGES = [OffsetRange(0, 5, 8), OffsetRange(3, 7, 20)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "Task 1 in stage 4.0 failed 1 times: java.lang.OutOfMemoryError: Java heap space",
            "user_records[3] from offset 7 to 19 (out of memory)",
        ),
        (
            "Task 1 in stage 4.0 failed 4 times, most recent failure: ExecutorLostFailure: Command exited with code 52",
            "user_records[3] from offset 7 to 19 (out of memory)",
        ),
        (
            "Task 0 in stage 4.0 failed 1 times: java.lang.ArithmeticException: long overflow",
            "user_records[0] from offset 5 to 7 (ArithmeticException)",
        ),
        (
            "Python worker exited unexpectedly (crashed)",
            "user_records[0] from offset 5 to 7, user_records[3] from offset 7 to 19 (its Python worker was killed)",
        ),
    ],
)
def test_records_that_cannot_be_read_are_named_by_partition_and_offsets(text: str, said: str) -> None:
    error = unreadable_batch(RuntimeError(text), RANGES, CONFIG)
    assert error.code == "unreadable-records"
    assert f"Spark cannot read {said}: " in str(error)
    assert "KAFKA_GROUP_ID=spark-writer, then start the job again with a new CHECKPOINT_LOCATION" in str(error)


def test_a_batch_that_fails_for_another_reason_keeps_that_reason() -> None:
    ours = "sluice_spark.registry_transport.RegistryError: no answer"
    text = f"Task 0 in stage 1.0 failed\nTraceback (most recent call last):\n{ours}"
    assert unreadable_batch(RuntimeError(text), RANGES, CONFIG).code == "registry"


def test_the_message_of_an_unknown_exception_in_a_worker_is_not_told() -> None:
    text = 'Traceback (most recent call last):\n  File "/x/decoding.py", line 12, in f\nValueError: bad value jane@example.org'
    error = to_job_error(RuntimeError(text), CONFIG)
    assert str(error) == "a batch failed with ValueError in decoding.py:12. It is not committed."


def test_an_error_of_ours_passes_unchanged() -> None:
    error = JobError("some-code", "some message")
    assert to_job_error(error, CONFIG) is error
    assert to_job_error(RuntimeError(f"x\n{type(error).__module__}.JobError: {error}\n"), CONFIG).args == (
        "some message",
    )
