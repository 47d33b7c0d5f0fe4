"""What a batch is counted as, and which of its rows are written."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pyspark.sql import DataFrame, SparkSession

from sluice_spark.batch_writer import count_records, newest_versions, timestamp_before

COLUMNS = "kind string, row_key string, wt long, version_offset long, partition int, offset long, timestamp timestamp"


def batch(spark: SparkSession, *rows: tuple[str, str | None, int | None, int, int]) -> DataFrame:
    """Rows of kind, key, write timestamp, partition and offset; the record's time is its offset in ms."""
    return spark.createDataFrame(
        [
            (kind, key, wt, offset, partition, offset, datetime.fromtimestamp(offset / 1000, UTC))
            for kind, key, wt, partition, offset in rows
        ],
        COLUMNS,
    )


def test_records_are_counted_by_kind_and_the_last_of_each_partition_is_known(spark: SparkSession) -> None:
    rows = [("upsert", "a", 1, 0, 5), ("letter", None, None, 0, 7), ("delete", "b", 2, 0, 6), ("upsert", "c", 3, 2, 4)]
    counts = count_records(batch(spark, *rows))
    assert (counts.records, counts.letters, counts.deletes) == (4, 1, 1)
    assert counts.last_timestamps == {0: (7, 7), 2: (4, 4)}


def test_a_batch_with_one_version_of_each_row_is_written_as_it_is(spark: SparkSession) -> None:
    rows, keys = newest_versions(
        batch(spark, ("upsert", "a", 1, 0, 5), ("letter", None, None, 0, 6), ("delete", "b", 2, 0, 7)), valid=2
    )
    assert keys == 2
    assert sorted(row.row_key for row in rows.collect()) == ["a", "b"]
    # no exchange: the rows stay where they are
    plan = rows._jdf.queryExecution().toString()
    assert "Exchange" not in plan.split("== Physical Plan ==")[1]


def test_of_several_versions_the_newest_is_written_wherever_it_is(spark: SparkSession) -> None:
    versions = [
        ("upsert", "a", 10, 0, 1),
        ("upsert", "a", 12, 1, 1),
        ("upsert", "a", 11, 0, 9),
        ("delete", "b", 5, 0, 3),
        ("upsert", "b", 5, 0, 2),
    ]
    rows, keys = newest_versions(batch(spark, *versions), valid=5)
    assert keys == 2
    assert sorted((row.row_key, row.kind, row.wt) for row in rows.collect()) == [
        ("a", "upsert", 12),
        ("b", "delete", 5),
    ]


@pytest.mark.parametrize(
    ("end", "last", "timestamp"),
    [(10, (9, 1_234), 1_234), (10, (8, 1_234), None), (10, None, None)],
    ids=["the record before the end", "a control record is before the end", "no record"],
)
def test_a_commit_carries_the_time_of_the_record_before_it(
    end: int, last: tuple[int, int] | None, timestamp: int | None
) -> None:
    assert timestamp_before(end, last) == timestamp
