from __future__ import annotations

from collections.abc import Iterator

import pytest
from confluent_kafka import Producer
from pyspark.sql import Row

from sluice_spark.config import load_config
from sluice_spark.dead_letter_publisher import _producers
from sluice_spark.dead_letters import _send, dead_letter_of
from sluice_spark.errors import JobError

KAFKA = load_config({"CHECKPOINT_LOCATION": "/c", "KAFKA_BROKERS": "127.0.0.1:1"}).kafka


def letter(value: bytes) -> Row:
    return Row(
        key=None,
        value=bytearray(value),
        headers=[],
        topic="users",
        partition=0,
        offset=1,
        timestamp_ms=2,
        value_length=None,
        value_sha256=None,
        error_stage="decode",
        error_code="bad-json",
        error_message="the value is not valid JSON",
    )


def test_a_letter_keeps_the_headers_of_its_record_and_says_where_it_came_from() -> None:
    record = Row(
        key=bytearray(b"k"),
        value=None,
        value_length=None,
        value_sha256=None,
        topic="users",
        partition=3,
        offset=42,
        timestamp_ms=-1,
        headers=[Row(key="a", value=bytearray(b"\x00\xff")), Row(key="b", value=None), Row(key="a", value=bytearray())],
        error_stage="decode",
        error_code="bad-json",
        error_message="the value is not valid JSON",
    )
    letter = dead_letter_of(record, "writers", "ZpVo8zq3QXWkJv0qfUqYtQ")
    assert letter.record == (b"k", None, [("a", b"\x00\xff"), ("b", None), ("a", b"")], None)
    assert letter.about == [
        ("dlq.stage", b"decode"),
        ("dlq.error.code", b"bad-json"),
        ("dlq.error.message", b"the value is not valid JSON"),
        ("dlq.source.topic", b"users"),
        ("dlq.source.topic.id", b"ZpVo8zq3QXWkJv0qfUqYtQ"),
        ("dlq.source.partition", b"3"),
        ("dlq.source.offset", b"42"),
        ("dlq.source.timestamp", b"-1"),
        ("dlq.pipeline", b"writers"),
    ]


def test_a_producer_that_fails_is_not_used_again_and_sends_nothing_more() -> None:
    producer = Producer({"bootstrap.servers": "127.0.0.1:1", "log_level": 0, "message.timeout.ms": 500})
    _producers[KAFKA, False] = producer
    with pytest.raises(JobError, match=r"did not take 2 dead letters: "):
        _send(iter([letter(b"one"), letter(b"two")]), KAFKA, None)
    assert (KAFKA, False) not in _producers
    assert producer.flush(5) == 0, "no dead letter is left in the queue"


def test_a_task_that_is_ended_amid_its_letters_leaves_none_to_the_next_one() -> None:
    producer = Producer({"bootstrap.servers": "127.0.0.1:1", "log_level": 0})
    _producers[KAFKA, False] = producer

    def records() -> Iterator[Row]:
        yield letter(b"small")
        raise InterruptedError

    with pytest.raises(InterruptedError):
        _send(records(), KAFKA, None)
    assert producer.flush(5) == 0
