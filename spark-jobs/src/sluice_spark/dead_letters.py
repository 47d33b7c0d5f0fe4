"""Dead letters: the record byte for byte, with headers that say where it came from and why it was refused."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as sf

from sluice_spark.config import KafkaConfig
from sluice_spark.dead_letter_publisher import DeadLetter, publish
from sluice_spark.shortened_dead_letters import Content, Summary

LETTER_COLUMNS = (
    *("key", "value", "headers", "topic", "partition", "offset", "timestamp"),
    *("value_length", "value_sha256"),
    *("error_stage", "error_code", "error_message"),
)


def send_dead_letters(letters: DataFrame, config: KafkaConfig, topic_id: str | None) -> None:
    """Sends rows of LETTER_COLUMNS; returns once each is acknowledged by every replica in sync."""
    sent = letters.select(*LETTER_COLUMNS).withColumn("timestamp_ms", sf.unix_millis("timestamp"))
    sent.drop("timestamp").foreachPartition(partial(_send, config=config, topic_id=topic_id))


def dead_letter_of(record: Row, pipeline: str, topic_id: str | None) -> DeadLetter:
    """What is sent of a record of the topic with this id. Numbers are ASCII decimal, the timestamp is in ms."""
    about = {
        "dlq.stage": record.error_stage,
        "dlq.error.code": record.error_code,
        "dlq.error.message": record.error_message,
        "dlq.source.topic": record.topic,
        **({} if topic_id is None else {"dlq.source.topic.id": topic_id}),
        "dlq.source.partition": str(record.partition),
        "dlq.source.offset": str(record.offset),
        "dlq.source.timestamp": str(record.timestamp_ms),
        "dlq.pipeline": pipeline,
    }
    headers = [(header.key, _bytes(header.value)) for header in record.headers or []]
    whole_value = None if record.value_length is None else Summary(record.value_length, record.value_sha256)
    return DeadLetter(
        Content(_bytes(record.key), _bytes(record.value), headers, whole_value),
        [(name, text.encode()) for name, text in about.items()],
    )


def _send(records: Iterator[Row], config: KafkaConfig, topic_id: str | None) -> None:
    publish((dead_letter_of(record, config.group_id, topic_id) for record in records), config)


def _bytes(value: bytearray | bytes | None) -> bytes | None:
    return None if value is None else bytes(value)
