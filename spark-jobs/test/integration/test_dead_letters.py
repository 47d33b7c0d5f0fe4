"""Dead letters that their topic refuses for size, on a real broker."""

from __future__ import annotations

import random
from collections.abc import Iterator
from uuid import uuid4

import pytest
from confluent_kafka import Message
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from parity.services import Environment
from parity.topic import delete_topics, headers_of, read_all
from sluice_spark.config import load_config
from sluice_spark.dead_letter_publisher import DeadLetter, publish
from sluice_spark.errors import JobError
from sluice_spark.shortened_dead_letters import Content

LIMIT = 100_000
SETTINGS = {"max.message.bytes": str(LIMIT), "compression.type": "producer"}
RANDOM = random.Random(7)


@pytest.fixture
def topic(stack: Environment) -> Iterator[str]:
    name = f"spark_dlq_{uuid4().hex[:8]}"
    yield name
    delete_topics(stack["KAFKA_BROKERS"], [name])


def create(stack: Environment, topic: str, **settings: str) -> None:
    admin = AdminClient({"bootstrap.servers": stack["KAFKA_BROKERS"]})
    config = {**SETTINGS, **{name.replace("_", "."): value for name, value in settings.items()}}
    for done in admin.create_topics([NewTopic(topic, 2, 1, config=config)]).values():
        done.result(30)


def send(stack: Environment, topic: str, *records: Content) -> None:
    env = {"CHECKPOINT_LOCATION": "/c", "KAFKA_BROKERS": stack["KAFKA_BROKERS"], "KAFKA_DLQ_TOPIC": topic}
    letters = [DeadLetter(record, [("n", str(number).encode())]) for number, record in enumerate(records)]
    publish(letters, load_config(env).kafka)


def received(stack: Environment, topic: str) -> dict[int, Message]:
    """By the place among those sent; each is there once."""
    messages = read_all(stack["KAFKA_BROKERS"], topic)
    found = {int(dict(headers_of(message))["n"] or b""): message for message in messages}
    assert len(found) == len(messages)
    return found


def shortened(message: Message) -> bytes | None:
    return dict(headers_of(message)).get("dlq.shortened")


def test_a_dead_letter_that_is_too_large_is_compressed_then_shortened_and_holds_up_no_other(
    stack: Environment, topic: str
) -> None:
    create(stack, topic)
    noise = RANDOM.randbytes(300_000)
    small = [Content(None, b"small", [("trace", b"\x00"), ("trace", None)])] * 100
    large = [
        Content(b"k", b"\x00" * 5_000_000, []),
        Content(b"k", noise, [("h", b"1")]),
        Content(noise, b"v", [("h", b"1")]),
        Content(b"k", b"v", [("h", noise), ("sluice.write-timestamp", b"5")]),
        Content(noise, noise, [("h", noise)]),
    ]
    send(stack, topic, *small, *large, *small)
    found = received(stack, topic)
    assert set(found) == set(range(205))
    whole = [message for number, message in found.items() if not 100 < number < 105]
    assert all(shortened(message) is None for message in whole)
    assert headers_of(found[0]) == [("trace", b"\x00"), ("trace", None), ("n", b"0")]
    assert found[100].value() == large[0].value
    parts = [shortened(found[number]) for number in range(101, 105)]
    assert parts == [b"value", b"value,key", b"value,key,headers", b"value,key,headers"]
    assert (found[101].value(), found[101].key()) == (noise[:1_024], b"k")
    assert dict(headers_of(found[103]))["sluice.write-timestamp"] == b"5"
    assert (found[104].value(), found[104].key()) == (noise[:1_024], noise[:1_024])


def test_a_topic_that_takes_a_dead_letter_in_no_form_is_named_with_its_setting(stack: Environment, topic: str) -> None:
    create(stack, topic, max_message_bytes="100")
    with pytest.raises(JobError, match=rf"{topic} did not take .*shortest form: .*max\.message\.bytes"):
        send(stack, topic, Content(b"k", RANDOM.randbytes(3_000), [("h", b"1")]))


def test_a_compacted_topic_that_takes_no_dead_letter_without_a_key_is_named(stack: Environment, topic: str) -> None:
    create(stack, topic, cleanup_policy="compact")
    with pytest.raises(JobError, match=r"without a key, as a compacted topic does: set its cleanup\.policy to delete"):
        send(stack, topic, Content(None, b"v", []))
