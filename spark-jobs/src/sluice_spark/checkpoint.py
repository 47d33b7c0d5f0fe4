"""The checkpoint: where Spark keeps the offsets of each batch. Read by Hadoop, so that any file system will do.

Spark cannot move a query to other offsets. Where it has to, after records or the topic were deleted, another query begins: the
folder `sluice` has a file for each beginning, with the id of its topic and its offsets. The first query has the location itself,
and each later one a folder beside its file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from py4j.protocol import Py4JJavaError

from sluice_spark.errors import JobError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Offsets = Mapping[str, Mapping[int, int]]
"""By topic and partition: the offset to read next."""


@dataclass(frozen=True)
class Beginning:
    """Of a query."""

    topic: str
    topic_id: str | None
    offsets: Mapping[int, int]

    def text(self) -> str:
        """As JSON."""
        return json.dumps({"topic": self.topic, "topicId": self.topic_id, "startingOffsets": self.offsets})

    @staticmethod
    def of(text: str) -> Beginning:
        """Reads `text`."""
        read = json.loads(text)
        offsets = {int(partition): offset for partition, offset in read["startingOffsets"].items()}
        return Beginning(read["topic"], read["topicId"], offsets)


class Checkpoint:
    """The folder of one query. Its `offsets` holds a file for each batch, written before the batch is run."""

    def __init__(self, spark: SparkSession, location: str) -> None:
        """Raises JobError where the location is no path of a file system that Spark knows."""
        jvm: Any = spark.sparkContext._jvm
        self._jvm = jvm
        self._location = location
        try:
            self._path = self._jvm.org.apache.hadoop.fs.Path(location)
            self._files = self._path.getFileSystem(spark.sparkContext._jsc.hadoopConfiguration())
            self._number = max(self._numbers("sluice", ".json"), default=None)
            self._beginning = None if self._number is None else Beginning.of(self._read(f"sluice/{self._number}.json"))
        except Py4JJavaError as error:
            raise self._failure("is no place that Spark knows", error) from error

    def require_rights(self) -> None:
        """Raises JobError where the job may not create, write and delete there."""
        probe = self._jvm.org.apache.hadoop.fs.Path(self._path, ".sluice-probe")
        try:
            self._files.mkdirs(self._path)
            self._files.create(probe, True).close()
            self._files.delete(probe, False)
        except Py4JJavaError as error:
            raise self._failure("cannot be written to", error) from error

    @property
    def location(self) -> str:
        """The folder of the query."""
        return f"{self._location}/sluice/{self._number}" if self._number else self._location

    @property
    def is_of_earlier_version(self) -> bool:
        """Whether nothing is noted of how the query began."""
        return self._beginning is None

    @property
    def topic_id(self) -> str | None:
        """Of the topic that the offsets are of; None where it is not known."""
        return None if self._beginning is None else self._beginning.topic_id

    @property
    def starting_offsets(self) -> Mapping[int, int]:
        """Where the query begins that has no batch yet; empty for the first records."""
        return {} if self._beginning is None else self._beginning.offsets

    def require_topic(self, topic: str) -> Mapping[int, int] | None:
        """Where the query resumes, None where it is new; raises JobError where it is of another topic.

        That is the end of the latest batch that is done: one that is only planned is done again.
        """
        batches = self._numbers(f"{self._folder}offsets")
        found = self._offsets(max(batches)) if batches else {}
        topics = set(found) | ({self._beginning.topic} if self._beginning else set())
        if topics - {topic}:
            raise JobError(
                "checkpoint-of-another-topic",
                f"the checkpoint {self._location} is of topic {', '.join(sorted(topics))}, not of {topic}: "
                "set CHECKPOINT_LOCATION to a folder of its own for each topic and table.",
            )
        if not batches:
            return None if self._beginning is None else self._beginning.offsets
        done = self._numbers(f"{self._folder}commits")
        if max(batches) in done:
            return found.get(topic, {})
        if max(batches) - 1 in batches:
            return self._offsets(max(batches) - 1).get(topic, {})
        return self.starting_offsets or found.get(topic, {})

    def begin(self, topic: str, topic_id: str | None, offsets: Mapping[int, int]) -> None:
        """Begins a query at these offsets, or notes the topic of one that was begun by an earlier version."""
        number = 0 if self._number is None else self._number + 1
        beginning = Beginning(topic, topic_id, offsets)
        try:
            # a file of that name is complete
            partial = self._jvm.org.apache.hadoop.fs.Path(self._path, "sluice/partial")
            stream = self._files.create(partial, True)
            stream.write(bytearray(beginning.text().encode()))
            stream.close()
            if not self._files.rename(
                partial, self._jvm.org.apache.hadoop.fs.Path(self._path, f"sluice/{number}.json")
            ):
                raise JobError("checkpoint-in-use", f"another job uses the checkpoint {self._location}: stop it.")
        except Py4JJavaError as error:
            raise self._failure("cannot be written to", error) from error
        self._number, self._beginning = number, beginning

    def end_offsets(self, batch_id: int, topic: str) -> Mapping[int, int]:
        """Where a batch ends in each partition: what Spark planned, control records and aborted ones included."""
        return self._offsets(batch_id).get(topic, {})

    @property
    def _folder(self) -> str:
        return f"sluice/{self._number}/" if self._number else ""

    def _offsets(self, batch_id: int) -> Offsets:
        return parse_offsets(self._read(f"{self._folder}offsets/{batch_id}"))

    def _numbers(self, folder: str, suffix: str = "") -> list[int]:
        path = self._jvm.org.apache.hadoop.fs.Path(self._path, folder)
        if not self._files.exists(path):
            return []
        names = [status.getPath().getName() for status in self._files.listStatus(path)]
        return [
            int(number) for name in names if (number := name.removesuffix(suffix)).isdecimal() and name.endswith(suffix)
        ]

    def _read(self, name: str) -> str:
        path = self._jvm.org.apache.hadoop.fs.Path(self._path, name)
        stream = self._files.open(path)
        try:
            text: str = self._jvm.org.apache.commons.io.IOUtils.toString(stream, "UTF-8")
        finally:
            stream.close()
        return text

    def _failure(self, what: str, error: Py4JJavaError) -> JobError:
        reason = error.java_exception.getClass().getSimpleName()
        return JobError(
            "checkpoint",
            f"the checkpoint location {self._location} {what} ({reason}). "
            "Correct its permissions, or set CHECKPOINT_LOCATION to another folder.",
        )


def parse_offsets(text: str) -> Offsets:
    """Reads a file of Spark's offset log: a version, a line of metadata, and a line for each source, here one."""
    lines = text.splitlines()
    source = json.loads(lines[2]) if len(lines) > 2 and lines[2].startswith("{") else {}
    return {
        topic: {int(partition): int(offset) for partition, offset in partitions.items()}
        for topic, partitions in source.items()
    }
