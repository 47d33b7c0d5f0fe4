"""Reads and writes what a consumer group has committed, by the Java client that Spark brings along.

Not by confluent-kafka: 2.16 reads the metadata of a commit past its end, and fails where what lies there is no text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from py4j.protocol import Py4JJavaError

from sluice_spark.config import KafkaConfig
from sluice_spark.errors import JobError
from sluice_spark.kafka_clients import spark_options

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

TIMEOUT_S = 30
_HAS_MEMBERS = ("UnknownMemberIdException", "RebalanceInProgressException", "IllegalGenerationException")


@dataclass(frozen=True)
class Commit:
    """Where a group stands in one partition."""

    offset: int
    """Next to read."""
    metadata: str
    """Of our writers: the timestamp of the record before it, ms, or nothing."""


class GroupCommits:
    """The commits of one group in one topic."""

    def __init__(self, spark: SparkSession, config: KafkaConfig) -> None:
        """Opens a client in the JVM; `close` ends it."""
        jvm: Any = spark.sparkContext._jvm
        self._jvm = jvm
        self._config = config
        options = jvm.java.util.HashMap()
        for name, value in spark_options(config).items():
            options.put(name.removeprefix("kafka."), value)
        try:
            self._admin = jvm.org.apache.kafka.clients.admin.AdminClient.create(options)
        except TypeError as error:
            # to py4j a class that is not there is a package
            raise jars_missing() from error

    def read(self) -> dict[int, Commit]:
        """The commits by partition; raises JobError where Kafka does not tell."""
        try:
            found = self._wait(
                self._admin.listConsumerGroupOffsets(self._config.group_id).partitionsToOffsetAndMetadata()
            )
        except Py4JJavaError as error:
            raise self._failure("are not told", error) from error
        return {
            entry.getKey().partition(): Commit(entry.getValue().offset(), entry.getValue().metadata())
            for entry in found.entrySet()
            if entry.getKey().topic() == self._config.topic and entry.getValue() is not None
        }

    def write(self, commits: Mapping[int, Commit]) -> None:
        """Commits; raises JobError where the brokers refuse, as they do while the group has members."""
        kafka = self._jvm.org.apache.kafka
        offsets = self._jvm.java.util.HashMap()
        for partition, commit in commits.items():
            offsets.put(
                kafka.common.TopicPartition(self._config.topic, partition),
                kafka.clients.consumer.OffsetAndMetadata(commit.offset, commit.metadata),
            )
        try:
            self._wait(self._admin.alterConsumerGroupOffsets(self._config.group_id, offsets).all())
        except Py4JJavaError as error:
            raise self._failure("were not taken", error) from error

    def close(self) -> None:
        """Closes the connections."""
        self._admin.close()

    def _wait(self, future: Any) -> Any:
        return future.get(TIMEOUT_S, self._jvm.java.util.concurrent.TimeUnit.SECONDS)

    def _failure(self, what: str, error: Py4JJavaError) -> JobError:
        cause = error.java_exception.getCause() or error.java_exception
        name, group = cause.getClass().getSimpleName(), self._config.group_id
        if name in _HAS_MEMBERS:
            return group_in_use(group)
        return JobError("commit-failed", f"the offsets of group {group} {what} by Kafka: {name}: {cause.getMessage()}")


def jars_missing() -> JobError:
    """Spark was started without the jars of pom.xml."""
    return JobError(
        "jars-missing",
        "Spark lacks the jars that read Kafka and write Cassandra: build them with `npx nx run spark-jobs:build`, "
        "and give dist/jars/*.jar to spark-submit by --jars.",
    )


def group_in_use(group: str) -> JobError:
    """Two writers in one group would move its offsets past each other's records."""
    return JobError(
        "group-in-use",
        f"group {group} has members: another writer of it is running. Stop it, or set another KAFKA_GROUP_ID.",
    )
