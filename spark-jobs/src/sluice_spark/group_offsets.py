"""Where the consumer group stands in the topic: read at the start, committed after each batch."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from confluent_kafka import (
    Consumer,
    ConsumerGroupState,
    IsolationLevel,
    KafkaError,
    KafkaException,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]

from sluice_spark.config import KafkaConfig
from sluice_spark.errors import JobError
from sluice_spark.group_commits import Commit, GroupCommits, group_in_use
from sluice_spark.kafka_clients import librdkafka_options
from sluice_spark.topic_identity import CommitMetadata, fetch_topic_id, read_commit_metadata

TIMEOUT_S = 10.0
RETRY_S = 0.2
_MOVING = (KafkaError.NOT_COORDINATOR, KafkaError.COORDINATOR_NOT_AVAILABLE, KafkaError.COORDINATOR_LOAD_IN_PROGRESS)
"""The broker of the group is being found, as on brokers that have had no group yet. librdkafka does not ask again by itself."""

_DECIDE = "Decide where to resume with OFFSET_OUT_OF_RANGE=earliest or latest, or STARTING_OFFSETS and a new CHECKPOINT_LOCATION."

_REFUSALS = (KafkaError._AUTHENTICATION, KafkaError._SSL)

T = TypeVar("T")


@dataclass(frozen=True)
class EndOffset:
    """The end of a batch in one partition."""

    offset: int
    """Next to read."""
    last_timestamp_ms: int | None
    """Of the record before `offset`; None where that is no record of the batch."""


@dataclass(frozen=True)
class Backlog:
    """What is to be settled, by partition."""

    lag: Mapping[int, int]
    """Last stable offset - committed offset: what readers of committed records may read."""
    held: Mapping[int, int]
    """High watermark - last stable offset: what an open transaction keeps from them."""


class GroupOffsets:
    """The offsets of one group in one topic. The group has no members: Spark assigns the partitions itself."""

    def __init__(self, config: KafkaConfig, out_of_range: str = "fail") -> None:
        """Opens no connection yet. `out_of_range`: `fail`, `earliest` or `latest`, where the records that come next are gone."""
        self._config = config
        self._out_of_range = out_of_range
        self.topic_id: str | None = None
        """Known after `check`; None where the brokers have no topic ids."""
        options = librdkafka_options(config)
        self._refusal: KafkaError | None = None
        watched: dict[str, Any] = {**options, "error_cb": self._note}
        self._admin = AdminClient(watched)
        # never subscribes: it only looks at single records
        self._consumer = Consumer({**options, "group.id": config.group_id, "enable.auto.commit": False})
        self._partitions: list[int] = []
        self._commits: GroupCommits | None = None
        self._committed: dict[int, Commit] = {}

    def check(self) -> None:
        """Raises JobError where Kafka does not answer, a topic is missing, or a writer of the group is running."""
        config = self._config
        try:
            topics = self._admin.list_topics(timeout=TIMEOUT_S).topics
        except KafkaException as error:
            raise self._unreachable(error) from error
        missing = [topic for topic in (config.topic, config.dlq_topic) if topic not in topics]
        if missing:
            raise JobError(
                "not-migrated",
                f"missing in Kafka: topic {' and '.join(missing)}. "
                "Run `npx nx run stream-writer:migrate`, or correct the configuration.",
            )
        self.topic_id = self._fetch_topic_id()
        self._partitions = sorted(topics[config.topic].partitions)
        self._require_no_members()

    def attach(self, commits: GroupCommits) -> None:
        """Reads where the group stands, and commits by the same client from then on."""
        self._commits = commits
        self._committed = commits.read()

    @property
    def committed(self) -> Mapping[int, int]:
        """Offsets that the group has committed, by partition, as last known."""
        return {partition: commit.offset for partition, commit in self._committed.items()}

    def starting_offsets(self, wanted: str | Mapping[int, int]) -> dict[int, int]:
        """Where a new checkpoint begins in each partition; raises JobError where that is no longer there."""
        begin, end = self._list(OffsetSpec.earliest()), self._list(OffsetSpec.latest())
        if wanted == "earliest":
            return begin
        if wanted == "latest":
            return end
        chosen = self.committed if isinstance(wanted, str) else wanted
        recreated = self._of_another_topic(begin) if isinstance(wanted, str) else set()
        return self._present({p: chosen.get(p, begin[p]) for p in self._partitions}, recreated)

    def resumed_offsets(self, known: Mapping[int, int], topic_id: str | None) -> dict[int, int]:
        """Where a checkpoint of these offsets and this topic resumes: at the same, but where OFFSET_OUT_OF_RANGE moves it.

        Raises:
            JobError: where the policy is `fail` and records that come next are no longer in the topic.
        """
        begin = self._list(OffsetSpec.earliest())
        # those that were added since begin with their first record, as Spark begins them
        offsets = {partition: known.get(partition, begin[partition]) for partition in self._partitions}
        if topic_id is None or self.topic_id is None:
            # a checkpoint from before topic ids, or such brokers: by what the group has committed
            recreated = self._of_another_topic(begin)
        else:
            recreated = set(begin) if topic_id != self.topic_id else set()
        return self._present(offsets, recreated)

    def require_same_topic(self) -> None:
        """Raises JobError where the topic was deleted and created again since `check`."""
        found = self._fetch_topic_id()
        if found != self.topic_id:
            raise self._recreated(f"topic id {self.topic_id}, now {found}")

    def commit(self, ends: Mapping[int, EndOffset]) -> None:
        """Commits the ends of a batch; raises JobError where the brokers refuse it."""
        moved = {
            # by which either writer notices a recreated topic
            partition: Commit(end.offset, CommitMetadata(end.last_timestamp_ms, self.topic_id).text())
            for partition, end in ends.items()
            if not self._is_committed(partition, end.offset)
        }
        if moved and self._commits:
            self._commits.write(moved)
            self._committed.update(moved)

    def backlog(self) -> Backlog:
        """What the group has not settled, as every part of Sluice counts it."""
        begin, stable = self._list(OffsetSpec.earliest()), self._list(OffsetSpec.latest())
        # in this order: a high watermark is never older than the stable offset before it
        end = self._high_watermarks()
        committed = self.committed
        return Backlog(
            lag={p: max(0, offset - max(committed.get(p, 0), begin[p])) for p, offset in stable.items()},
            held={p: max(0, end[p] - offset) for p, offset in stable.items()},
        )

    def close(self) -> None:
        """Closes the connections."""
        self._consumer.close()
        if self._commits:
            self._commits.close()

    def _high_watermarks(self) -> dict[int, int]:
        return self._list(OffsetSpec.latest(), IsolationLevel.READ_UNCOMMITTED)

    def _list(self, spec: OffsetSpec, isolation: IsolationLevel = IsolationLevel.READ_COMMITTED) -> dict[int, int]:
        asked = {TopicPartition(self._config.topic, partition): spec for partition in self._partitions}
        try:
            answers = self._admin.list_offsets(asked, isolation_level=isolation, request_timeout=TIMEOUT_S)
            return {entry.partition: answer.result(TIMEOUT_S).offset for entry, answer in answers.items()}
        except KafkaException as error:
            raise self._unreachable(error) from error

    def _require_no_members(self) -> None:
        group = self._config.group_id

        def ask() -> Any:
            return self._admin.describe_consumer_groups([group], request_timeout=TIMEOUT_S)[group].result(TIMEOUT_S)

        try:
            found = once_found(ask)
        except KafkaException as error:
            if error.args[0].code() == KafkaError.GROUP_ID_NOT_FOUND:
                return
            raise self._unreachable(error) from error
        if found.state not in (ConsumerGroupState.EMPTY, ConsumerGroupState.DEAD) and found.members:
            raise group_in_use(group)

    def _is_committed(self, partition: int, offset: int) -> bool:
        known = self._committed.get(partition)
        # the same offset of the topic before is another one
        return (
            known is not None
            and known.offset == offset
            and read_commit_metadata(known.metadata).topic_id == self.topic_id
        )

    def _fetch_topic_id(self) -> str | None:
        try:
            return fetch_topic_id(self._admin, self._config.topic, TIMEOUT_S)
        except KafkaException as error:
            raise self._unreachable(error) from error

    def _present(self, offsets: Mapping[int, int], recreated: set[int]) -> dict[int, int]:
        """The offsets, or those of the policy where records that come next are gone."""
        begin, end = self._list(OffsetSpec.earliest()), self._list(OffsetSpec.latest())
        # other tools may have set the group to the high watermark, past what an open transaction holds
        last = self._high_watermarks()
        present = {}
        for partition, offset in offsets.items():
            if partition not in recreated and begin[partition] <= offset <= last[partition]:
                present[partition] = offset
            elif self._out_of_range == "fail":
                raise self._gone(partition, offset, begin[partition], last[partition], recreated=partition in recreated)
            else:
                present[partition] = (begin if self._out_of_range == "earliest" else end)[partition]
        return present

    def _gone(self, partition: int, offset: int, begin: int, end: int, *, recreated: bool) -> JobError:
        where = f"{self._config.topic}[{partition}]"
        if recreated:
            return self._recreated(f"the job was to resume at offset {offset} of {where}, now with {begin} to {end}")
        return JobError(
            "offset-out-of-range",
            f"the job was to resume at offset {offset} of {where}, which now holds {begin} to {end}: records were deleted "
            f"before they were read. {_DECIDE}",
        )

    def _recreated(self, what: str) -> JobError:
        return JobError(
            "topic-recreated",
            f"{self._config.topic} is not the topic that the job has read: it was deleted and created again ({what}). {_DECIDE}",
        )

    def _of_another_topic(self, begin: Mapping[int, int]) -> set[int]:
        """Partitions whose commit is of another topic: by its topic id, else by the timestamp of the record before it."""
        found = set()
        for partition, commit in self._committed.items():
            said = read_commit_metadata(commit.metadata)
            if said.topic_id is not None and self.topic_id is not None:
                if said.topic_id != self.topic_id:
                    found.add(partition)
            elif said.last_timestamp_ms is not None and commit.offset > begin.get(partition, commit.offset):
                timestamp = self._timestamp_at(partition, commit.offset - 1)
                if timestamp is not None and timestamp != said.last_timestamp_ms:
                    found.add(partition)
        return found

    def _timestamp_at(self, partition: int, offset: int) -> int | None:
        self._consumer.assign([TopicPartition(self._config.topic, partition, offset)])
        try:
            record = self._consumer.poll(TIMEOUT_S)
        finally:
            self._consumer.unassign()
        if record is None or record.error() or record.offset() != offset:
            return None
        return int(record.timestamp()[1])

    def _note(self, error: KafkaError) -> None:
        """A request that waits for a connection only says that there was none."""
        if error.code() in _REFUSALS:
            self._refusal = error

    def _unreachable(self, error: KafkaException) -> JobError:
        self._admin.poll(0)
        if self._refusal:
            user = self._config.sasl_username
            return JobError(
                "kafka-refused",
                f"Kafka at {', '.join(self._config.brokers)} refuses {f'user {user}' if user else 'this client'}: "
                f"{self._refusal.str()}. Mend KAFKA_SECURITY_PROTOCOL, KAFKA_SASL_* and KAFKA_SSL_*.",
            )
        return JobError(
            "kafka-unreachable",
            f"Kafka at {', '.join(self._config.brokers)} does not answer ({error.args[0].str() or error.args[0].name()}). "
            "Start it with `npx nx run infra:up`, or set KAFKA_BROKERS.",
        )


def once_found(
    ask: Callable[[], T], clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
) -> T:
    """The answer of the broker of a group, asked again for 10 seconds while there is none."""
    deadline = clock() + TIMEOUT_S
    while True:
        try:
            return ask()
        except KafkaException as error:
            if error.args[0].code() not in _MOVING or clock() > deadline:
                raise
        sleep(RETRY_S)
