"""Where the consumer group stands in the topic: read at the start, committed after each batch."""

from __future__ import annotations

import re
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

TIMEOUT_S = 10.0
RETRY_S = 0.2
_MOVING = (KafkaError.NOT_COORDINATOR, KafkaError.COORDINATOR_NOT_AVAILABLE, KafkaError.COORDINATOR_LOAD_IN_PROGRESS)
"""The broker of the group is being found, as on brokers that have had no group yet. librdkafka does not ask again by itself."""

_REFUSALS = (KafkaError._AUTHENTICATION, KafkaError._SSL)

T = TypeVar("T")


@dataclass(frozen=True)
class EndOffset:
    """The end of a batch in one partition."""

    offset: int
    """Next to read."""
    last_timestamp_ms: int | None
    """Of the record before `offset`; None where that is no record of the batch."""


class GroupOffsets:
    """The offsets of one group in one topic. The group has no members: Spark assigns the partitions itself."""

    def __init__(self, config: KafkaConfig) -> None:
        """Opens no connection yet."""
        self._config = config
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
                "Run `npx nx run stream-writer:migrate`, or mend the configuration.",
            )
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
        starts = {partition: chosen.get(partition, begin[partition]) for partition in self._partitions}
        for partition, offset in starts.items():
            if not begin[partition] <= offset <= end[partition]:
                raise JobError(
                    "offset-out-of-range",
                    f"the job was to begin at offset {offset} of {self._config.topic}[{partition}], which now holds "
                    f"{begin[partition]} to {end[partition]}: records were deleted before they were read, or the topic "
                    "was made anew. Decide where to go on: STARTING_OFFSETS=earliest, latest, or offsets by partition.",
                )
        if isinstance(wanted, str):
            self._require_same_topic(begin)
        return starts

    def commit(self, ends: Mapping[int, EndOffset]) -> None:
        """Commits the ends of a batch; raises JobError where the brokers refuse it."""
        moved = {
            # by which the stream-writer sees that a topic was made anew
            partition: Commit(end.offset, "" if end.last_timestamp_ms is None else str(end.last_timestamp_ms))
            for partition, end in ends.items()
            if self.committed.get(partition) != end.offset
        }
        if moved and self._commits:
            self._commits.write(moved)
            self._committed.update(moved)

    def lag(self) -> dict[int, int]:
        """Records that readers may see and that the group has not settled, by partition."""
        begin, end = self._list(OffsetSpec.earliest()), self._list(OffsetSpec.latest())
        committed = self.committed
        return {
            partition: max(0, end[partition] - max(committed.get(partition, 0), begin[partition])) for partition in end
        }

    def close(self) -> None:
        """Closes the connections."""
        self._consumer.close()
        if self._commits:
            self._commits.close()

    def _list(self, spec: OffsetSpec) -> dict[int, int]:
        asked = {TopicPartition(self._config.topic, partition): spec for partition in self._partitions}
        try:
            answers = self._admin.list_offsets(
                asked, isolation_level=IsolationLevel.READ_COMMITTED, request_timeout=TIMEOUT_S
            )
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

    def _require_same_topic(self, begin: Mapping[int, int]) -> None:
        """The commit says which timestamp the record before it had: another one now means another topic."""
        for partition, commit in self._committed.items():
            if not re.fullmatch(r"[0-9]{1,15}", commit.metadata) or commit.offset <= begin[partition]:
                continue
            found = self._timestamp_at(partition, commit.offset - 1)
            if found is not None and found != int(commit.metadata):
                raise JobError(
                    "topic-made-anew",
                    f"{self._config.topic}[{partition}] is not the topic in which group {self._config.group_id} "
                    f"committed offset {commit.offset}: it was made anew since. Decide where to go on: "
                    "STARTING_OFFSETS=earliest, latest, or offsets by partition.",
                )

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
