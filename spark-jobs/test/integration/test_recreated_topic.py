"""A topic that is deleted and created again under its name, on a real broker."""

from __future__ import annotations

import time
from collections.abc import Iterator
from uuid import uuid4

import pytest
from confluent_kafka import TopicCollection
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from parity.records import Record
from parity.services import Environment
from parity.topic import delete_topics, produce
from sluice_spark.config import load_config
from sluice_spark.errors import JobError
from sluice_spark.group_commits import Commit
from sluice_spark.group_offsets import GroupOffsets
from sluice_spark.topic_identity import CommitMetadata

RECORDS = 3


class Topic:
    """A topic of one partition, and the offsets of a group in it."""

    def __init__(self, brokers: str) -> None:
        self.name = f"spark_id_{uuid4().hex[:8]}"
        self.brokers = brokers
        self._admin = AdminClient({"bootstrap.servers": brokers})
        self._create(f"{self.name}.dlq")
        self._create(self.name)

    def recreate(self) -> None:
        """With as many records as before."""
        delete_topics(self.brokers, [self.name])
        self._create(self.name)

    def offsets(self, policy: str = "fail", committed: Commit | None = None) -> GroupOffsets:
        env = {"CHECKPOINT_LOCATION": "/c", "KAFKA_BROKERS": self.brokers, "KAFKA_TOPIC": self.name}
        offsets = GroupOffsets(load_config({**env, "KAFKA_GROUP_ID": self.name}).kafka, policy)
        offsets.check()
        offsets._committed = {} if committed is None else {0: committed}
        return offsets

    def _create(self, name: str) -> None:
        deadline = time.monotonic() + 30
        # the name of a deleted topic is free once every broker has let go of it
        while True:
            try:
                self._admin.create_topics([NewTopic(name, 1, 1)])[name].result(30)
                break
            except Exception:
                if time.monotonic() > deadline:
                    raise
        now = time.time_ns() // 1_000_000
        produce(self.brokers, name, [Record(None, b"v", [], now) for _ in range(RECORDS)])


@pytest.fixture
def topic(stack: Environment) -> Iterator[Topic]:
    made = Topic(stack["KAFKA_BROKERS"])
    yield made
    delete_topics(made.brokers, [made.name, f"{made.name}.dlq"])


def test_a_recreated_topic_is_noticed_by_its_id_and_resumed_as_the_policy_says(topic: Topic) -> None:
    running = topic.offsets()
    admin = AdminClient({"bootstrap.servers": topic.brokers})
    described = admin.describe_topics(TopicCollection([topic.name]))[topic.name].result(30)
    assert running.topic_id is not None
    assert len(running.topic_id) == 22
    assert str(described.topic_id).rstrip("=").replace("+", "-").replace("/", "_") == running.topic_id
    assert running.resumed_offsets({0: 2}, running.topic_id) == {0: 2}
    assert running.resumed_offsets({}, running.topic_id) == {0: 0}, "a partition that was added since"
    running.require_same_topic()

    topic.recreate()
    with pytest.raises(JobError, match="it was deleted and created again") as caught:
        running.require_same_topic()
    assert caught.value.code == "topic-recreated"
    with pytest.raises(JobError, match="OFFSET_OUT_OF_RANGE") as caught:
        topic.offsets().resumed_offsets({0: 2}, running.topic_id)
    assert caught.value.code == "topic-recreated"
    assert topic.offsets("earliest").resumed_offsets({0: 2}, running.topic_id) == {0: 0}
    assert topic.offsets("latest").resumed_offsets({0: 2}, running.topic_id) == {0: RECORDS}


def test_a_commit_of_the_topic_before_begins_a_new_checkpoint_as_the_policy_says(topic: Topic) -> None:
    commit = Commit(2, CommitMetadata(None, topic.offsets().topic_id).text())
    assert topic.offsets(committed=commit).starting_offsets("committed") == {0: 2}
    topic.recreate()
    with pytest.raises(JobError, match="it was deleted and created again"):
        topic.offsets(committed=commit).starting_offsets("committed")
    resumed = topic.offsets("earliest", commit)
    assert resumed.starting_offsets("committed") == {0: 0}
    assert not resumed._is_committed(0, 2), "the same offset of the new topic is committed as well"


def test_offsets_that_the_topic_no_longer_has_are_resumed_as_the_policy_says(topic: Topic) -> None:
    known_id = topic.offsets().topic_id
    with pytest.raises(JobError, match=r"offset 9 of .*, which now holds 0 to 3") as caught:
        topic.offsets().resumed_offsets({0: 9}, known_id)
    assert caught.value.code == "offset-out-of-range"
    assert topic.offsets("latest").resumed_offsets({0: 9}, known_id) == {0: RECORDS}
