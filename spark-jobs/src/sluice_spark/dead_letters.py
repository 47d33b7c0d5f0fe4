"""Dead letters: the record byte for byte, with headers that say where it came from and why it was refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from confluent_kafka import KafkaError, KafkaException, Message, Producer
from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as sf

from sluice_spark.config import KafkaConfig
from sluice_spark.errors import JobError
from sluice_spark.kafka_clients import librdkafka_options

FLUSH_S = 60
"""How long the brokers may take to acknowledge the letters of one task."""

_producers: dict[KafkaConfig, Producer] = {}
"""One for each worker process, which runs many tasks."""


LETTER_COLUMNS = (
    *("key", "value", "headers", "topic", "partition", "offset", "timestamp"),
    *("error_stage", "error_code", "error_message"),
)


def send_dead_letters(letters: DataFrame, config: KafkaConfig) -> None:
    """Sends rows of LETTER_COLUMNS; returns once each is acknowledged by every replica in sync."""
    sent = letters.select(*LETTER_COLUMNS).withColumn("timestamp_ms", sf.unix_millis("timestamp"))
    sent.drop("timestamp").foreachPartition(partial(_send, config=config))


def letter_headers(record: Row, pipeline: str) -> list[tuple[str, str | bytes | None]]:
    """The record's own headers, then those of the letter. Numbers are ASCII decimal, the timestamp is in ms."""
    about = {
        "dlq.stage": record.error_stage,
        "dlq.error.code": record.error_code,
        "dlq.error.message": record.error_message,
        "dlq.source.topic": record.topic,
        "dlq.source.partition": str(record.partition),
        "dlq.source.offset": str(record.offset),
        "dlq.source.timestamp": str(record.timestamp_ms),
        "dlq.pipeline": pipeline,
    }
    own = [(header.key, _bytes(header.value)) for header in record.headers or []]
    return [*own, *((name, text.encode()) for name, text in about.items())]


def _send(records: Iterator[Row], config: KafkaConfig) -> None:
    failures: list[KafkaError] = []

    def settled(error: KafkaError | None, _message: Message) -> None:
        if error is not None:
            failures.append(error)

    try:
        for record in records:
            _produce(record, config, settled)
        found = _producers.get(config)
        unsettled = 0 if found is None else found.flush(FLUSH_S)
    except KafkaException as error:
        _discard_producer(config)
        raise _refused(config, "a dead letter", error.args[0].str()) from error
    except BaseException:
        _discard_producer(config)
        raise
    if failures or unsettled:
        _discard_producer(config)
        reason = failures[0].str() if failures else f"no answer within {FLUSH_S} s"
        raise _refused(config, f"{len(failures) + unsettled} dead letters", reason)


def _produce(record: Row, config: KafkaConfig, settled: Callable[[KafkaError | None, Message], None]) -> None:
    producer = _producer(config)
    send = partial(
        producer.produce,
        config.dlq_topic,
        key=_bytes(record.key),
        value=_bytes(record.value),
        headers=letter_headers(record, config.group_id),
        on_delivery=settled,
    )
    _with_room(producer, send)


def _discard_producer(config: KafkaConfig) -> None:
    """After a failure: its state is unknown, and what is still queued must not follow later, with the next task."""
    producer = _producers.pop(config, None)
    if producer is not None:
        producer.purge()


def _refused(config: KafkaConfig, what: str, reason: str) -> JobError:
    return JobError("dead-letters-refused", f"topic {config.dlq_topic} did not take {what}: {reason}")


def _with_room(producer: Producer, send: Callable[[], None]) -> None:
    while True:
        try:
            send()
        except BufferError:
            producer.poll(0.1)
        else:
            producer.poll(0)
            return


def _producer(config: KafkaConfig) -> Producer:
    producer = _producers.get(config)
    if producer is None:
        producer = Producer(
            {
                **librdkafka_options(config),
                "acks": "all",
                "enable.idempotence": True,
                # as every Kafka client but librdkafka by itself: letters of a key stay in order
                "partitioner": "murmur2_random",
                # the topic decides what is too large
                "message.max.bytes": 1_000_000_000,
                "message.timeout.ms": (FLUSH_S - 5) * 1_000,
                "linger.ms": 5,
            }
        )
        _producers[config] = producer
    return producer


def _bytes(value: bytearray | bytes | None) -> bytes | None:
    return None if value is None else bytes(value)
