"""The checkpoint: where Spark keeps the offsets of each batch. Read by Hadoop, so that any file system will do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from py4j.protocol import Py4JJavaError

from sluice_spark.errors import JobError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Offsets = Mapping[str, Mapping[int, int]]
"""By topic and partition: the offset to read next."""


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

    def require_topic(self, topic: str) -> Mapping[int, int] | None:
        """The ends of the latest batch, None where it is new; raises JobError where it is of another topic."""
        found = self._latest()
        if found is None:
            return None
        if set(found) - {topic}:
            raise JobError(
                "checkpoint-of-another-topic",
                f"the checkpoint {self._location} is of topic {', '.join(sorted(found))}, not of {topic}: "
                "set CHECKPOINT_LOCATION to a folder of its own for each topic and table.",
            )
        return found.get(topic, {})

    def end_offsets(self, batch_id: int, topic: str) -> Mapping[int, int]:
        """Where a batch ends in each partition: what Spark planned, control records and aborted ones included."""
        return self._read(str(batch_id)).get(topic, {})

    def _latest(self) -> Offsets | None:
        folder = self._jvm.org.apache.hadoop.fs.Path(self._path, "offsets")
        if not self._files.exists(folder):
            return None
        names = [status.getPath().getName() for status in self._files.listStatus(folder)]
        batches = [int(name) for name in names if name.isdecimal()]
        return self._read(str(max(batches))) if batches else None

    def _read(self, name: str) -> Offsets:
        path = self._jvm.org.apache.hadoop.fs.Path(self._path, f"offsets/{name}")
        stream = self._files.open(path)
        try:
            text = self._jvm.org.apache.commons.io.IOUtils.toString(stream, "UTF-8")
        finally:
            stream.close()
        return parse_offsets(text)

    def _failure(self, what: str, error: Py4JJavaError) -> JobError:
        reason = error.java_exception.getClass().getSimpleName()
        return JobError(
            "checkpoint",
            f"the checkpoint location {self._location} {what} ({reason}). "
            "Mend its rights, or set CHECKPOINT_LOCATION to another folder.",
        )


def parse_offsets(text: str) -> Offsets:
    """Reads a file of Spark's offset log: a version, a line of metadata, and a line for each source, here one."""
    lines = text.splitlines()
    source = json.loads(lines[2]) if len(lines) > 2 and lines[2].startswith("{") else {}
    return {
        topic: {int(partition): int(offset) for partition, offset in partitions.items()}
        for topic, partitions in source.items()
    }
