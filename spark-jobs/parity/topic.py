"""The topics of a parity run: made, filled and read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from confluent_kafka import Consumer, Message, Producer, TopicPartition
from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourceType,
)

from parity.records import Headers, Record

FOREVER = str(2**63 - 1)
WAIT_S = 30


def allow_any_time(brokers: str, topic: str) -> None:
    """Lets the topic take records of any age and of the future, and keep them."""
    settings = {
        "retention.ms": "-1",
        "message.timestamp.after.max.ms": FOREVER,
        "message.timestamp.before.max.ms": FOREVER,
    }
    entries = [
        ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET) for name, value in settings.items()
    ]
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=entries)
    admin = AdminClient({"bootstrap.servers": brokers})
    for done in admin.incremental_alter_configs([resource]).values():
        done.result(WAIT_S)


def produce(brokers: str, topic: str, records: Iterable[Record]) -> int:
    """Sends the records in their order; returns how many."""
    producer = Producer({"bootstrap.servers": brokers, "acks": "all", "partitioner": "murmur2_random"})
    failures: list[str] = []
    count = 0
    for record in records:
        producer.produce(
            topic,
            key=record.key,
            value=record.value,
            headers=list(record.headers),
            timestamp=record.timestamp_ms,
            on_delivery=lambda error, _message: failures.append(str(error)) if error else None,
        )
        producer.poll(0)
        count += 1
    left = producer.flush(WAIT_S)
    if failures or left:
        raise RuntimeError(f"{len(failures) + left} records were not taken by {topic}: {failures[:1]}")
    return count


def headers_of(message: Message) -> Headers:
    """The headers in their order, values as bytes."""
    found: Any = message.headers() or []
    return [(name, value) for name, value in found]


def read_all(brokers: str, topic: str) -> list[Message]:
    """Every record of a topic."""
    consumer = Consumer({"bootstrap.servers": brokers, "group.id": "parity-reader", "enable.auto.commit": False})
    try:
        partitions = consumer.list_topics(topic, timeout=WAIT_S).topics[topic].partitions
        ends = {p: consumer.get_watermark_offsets(TopicPartition(topic, p), timeout=WAIT_S) for p in partitions}
        left = sum(end - begin for begin, end in ends.values())
        consumer.assign([TopicPartition(topic, p, begin) for p, (begin, _) in ends.items()])
        found: list[Message] = []
        while len(found) < left:
            batch = consumer.consume(min(10_000, left - len(found)), timeout=WAIT_S)
            if not batch:
                raise RuntimeError(f"{topic} gave {len(found)} of {left} records")
            found.extend(batch)
        return found
    finally:
        consumer.close()


def delete_topics(brokers: str, topics: list[str]) -> None:
    """Forgets what the run made."""
    admin = AdminClient({"bootstrap.servers": brokers})
    for done in admin.delete_topics(topics, request_timeout=WAIT_S).values():
        done.exception(WAIT_S)
