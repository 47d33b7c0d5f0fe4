from __future__ import annotations

from pyspark.sql import Row

from sluice_spark.dead_letters import letter_headers


def test_a_letter_keeps_the_headers_of_its_record_and_says_where_it_came_from() -> None:
    record = Row(
        topic="users",
        partition=3,
        offset=42,
        timestamp_ms=-1,
        headers=[Row(key="a", value=bytearray(b"\x00\xff")), Row(key="b", value=None), Row(key="a", value=bytearray())],
        error_stage="decode",
        error_code="bad-json",
        error_message="the value is not valid JSON",
    )
    assert letter_headers(record, "writers") == [
        ("a", b"\x00\xff"),
        ("b", None),
        ("a", b""),
        ("dlq.stage", b"decode"),
        ("dlq.error.code", b"bad-json"),
        ("dlq.error.message", b"the value is not valid JSON"),
        ("dlq.source.topic", b"users"),
        ("dlq.source.partition", b"3"),
        ("dlq.source.offset", b"42"),
        ("dlq.source.timestamp", b"-1"),
        ("dlq.pipeline", b"writers"),
    ]
