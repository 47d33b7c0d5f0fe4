from __future__ import annotations

import pytest
from pyspark.sql import Row, SparkSession

from sluice_spark.refused_rows import Refused, is_refusal, refused_letters, without

FAILED = "java.io.IOException: Failed to write statements to users.user_records. The latest exception was\n  "


@pytest.mark.parametrize(
    ("reason", "may_be_a_row"),
    [
        ("Cannot index value of size 70000 for index user_records_city_idx", True),
        ("Mutation of 17000000 bytes is too large for the maximum size of 16777216", True),
        ("All 1 node(s) tried for the query failed (showing first 1 nodes, use getAllErrors() for more)", False),
        ("No node was available to execute the query", False),
        ("Cassandra timeout during SIMPLE write query at consistency LOCAL_QUORUM", False),
        ("Query timed out after PT2M", False),
        ("Not enough replicas available for query at consistency LOCAL_QUORUM", False),
        ("User spark has no MODIFY permission on <table users.user_records> or any of its parents", False),
    ],
)
def test_rows_are_looked_for_only_where_the_cluster_is_not_at_fault(reason: str, may_be_a_row: bool) -> None:
    assert is_refusal(Exception(FAILED + reason)) == may_be_a_row


def test_another_failure_is_no_refusal() -> None:
    assert not is_refusal(Exception("a task was lost"))


def test_a_refused_record_becomes_a_letter_and_leaves_its_row_to_the_older_version(spark: SparkSession) -> None:
    columns = "partition int, offset long, key binary"
    records = spark.createDataFrame(
        [(0, 1, bytearray(b"a")), (0, 2, bytearray(b"a")), (1, 2, bytearray(b"b"))], columns
    )
    refused = [Refused(0, 2, "refused")]
    left = [tuple(row) for row in without(records.drop("key"), refused).orderBy("partition", "offset").collect()]
    assert left == [(0, 1), (1, 2)]
    (letter,) = refused_letters(records, refused).collect()
    assert letter == Row(
        partition=0,
        offset=2,
        key=bytearray(b"a"),
        error_message="refused",
        error_stage="write",
        error_code="refused-row",
    )
