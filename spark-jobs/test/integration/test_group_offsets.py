"""Where a topic ends for the job, on a real broker. Needs no Spark."""

from __future__ import annotations

import time
from collections.abc import Iterator
from uuid import uuid4

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from parity.services import Environment
from parity.topic import delete_topics
from sluice_spark.config import load_config
from sluice_spark.group_offsets import Backlog, GroupOffsets

pytestmark = pytest.mark.usefixtures("stack")


@pytest.fixture
def offsets(stack: Environment) -> Iterator[GroupOffsets]:
    name = f"spark_{uuid4().hex[:8]}"
    env = {**stack, "KAFKA_TOPIC": name, "KAFKA_GROUP_ID": name, "CHECKPOINT_LOCATION": "/unused"}
    config = load_config(env).kafka
    admin = AdminClient({"bootstrap.servers": env["KAFKA_BROKERS"]})
    topics = admin.create_topics([NewTopic(topic, 1, 1) for topic in (config.topic, config.dlq_topic)])
    for created in topics.values():
        created.result(30)
    found = GroupOffsets(config)
    found.check()
    try:
        yield found
    finally:
        found.close()
        delete_topics(env["KAFKA_BROKERS"], [config.topic, config.dlq_topic])


def test_what_an_open_transaction_holds_is_no_lag_and_no_reason_to_be_out_of_range(
    offsets: GroupOffsets, stack: Environment
) -> None:
    topic = offsets._config.topic
    producer = Producer({"bootstrap.servers": stack["KAFKA_BROKERS"], "transactional.id": topic})
    producer.init_transactions(30)
    producer.begin_transaction()
    for number in range(3):
        producer.produce(topic, str(number))
    producer.flush(30)
    assert offsets.backlog() == Backlog(lag={0: 0}, held={0: 3})
    # where another tool set the group to the high watermark
    assert offsets.starting_offsets({0: 3}) == {0: 3}
    assert offsets.starting_offsets("latest") == {0: 0}
    producer.commit_transaction(30)
    deadline = time.monotonic() + 30
    # with the marker of the commit, which follows the answer
    while offsets.backlog() != Backlog(lag={0: 4}, held={0: 0}):
        assert time.monotonic() < deadline
