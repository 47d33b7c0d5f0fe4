"""What to say of what Spark raises: one message, without a value of a record."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sluice_spark.config import JobConfig
from sluice_spark.errors import JobError
from sluice_spark.group_commits import jars_missing

_OURS = re.compile(r"^sluice_spark\.\w+\.(?P<name>\w+Error): (?P<message>.+)$", re.MULTILINE)
_WORKER = re.compile(r"^(?P<name>[\w.]+(?:Error|Exception)): ", re.MULTILINE)
_LINE = re.compile(r'File "[^"]*/(?P<file>[\w.]+)", line (?P<line>\d+)')
_OFFSETS = ("data may have been", "OffsetOutOfRange", "KAFKA_DATA_LOSS", "FAIL_ON_DATA_LOSS")
_TASK = re.compile(r"Task (\d+) in stage \d+\.\d+ failed")
_OUT_OF_MEMORY_EXIT = "exited with code 52"
"""Of an executor; SparkExitCode.OOM."""
_CASSANDRA = (
    "Failed to write statements",
    "AllNodesFailedException",
    "NoNodeAvailableException",
    "Failed to open native connection",
    "DriverTimeoutException",
)


def to_job_error(error: BaseException, config: JobConfig) -> JobError:
    """The error that ends the run. Its text is chosen here: exceptions of workers may quote a record."""
    if isinstance(error, JobError):
        return error
    text = str(error)
    ours = _OURS.search(text)
    if ours:
        # raised in a worker, by code whose messages hold no values
        return JobError(_code(ours["name"]), ours["message"])
    if any(sign in text for sign in _OFFSETS):
        return JobError(
            "offset-out-of-range",
            f"records of {config.kafka.topic} that the checkpoint {config.checkpoint_location} was to resume with are "
            "gone: they were deleted before they were read, or the topic was deleted and created again. Decide where to "
            "resume with OFFSET_OUT_OF_RANGE=earliest or latest, or STARTING_OFFSETS and a new CHECKPOINT_LOCATION.",
        )
    if any(sign in text for sign in _CASSANDRA):
        return JobError(
            "cassandra-failed",
            f"Cassandra at {', '.join(config.cassandra.contact_points)} did not take the rows of a batch "
            f"({_reason(text)}). The batch is not committed: fix Cassandra and start the job again.",
        )
    if "ConcurrentModificationException" in text or "CONCURRENT_STREAM_LOG_UPDATE" in text:
        return JobError(
            "checkpoint-in-use",
            f"another job uses the checkpoint {config.checkpoint_location}: stop it, or set another one.",
        )
    if "Failed to find data source" in text:
        return jars_missing()
    if "Traceback (most recent call last)" in text:
        names, places = _WORKER.findall(text), _LINE.findall(text)
        name, place = names[-1] if names else "an exception", ":".join(places[-1]) if places else "a worker"
        return JobError("worker-failed", f"a batch failed with {name} in {place}. It is not committed.")
    return JobError("spark-failed", f"Spark ended the batch with {type(error).__name__}: {_first_line(text)}")


@dataclass(frozen=True)
class OffsetRange:
    """The records of one partition in a batch; `until` is not one of them."""

    partition: int
    start: int
    until: int


def unreadable_batch(error: Exception, ranges: Sequence[OffsetRange], config: JobConfig) -> JobError:
    """The error of a batch whose records a task could not read or decode, with the offsets of that task, where Spark names it.

    `ranges` are those of the tasks of the batch, in their order.
    """
    known = to_job_error(error, config)
    if known.code not in ("spark-failed", "worker-failed"):
        return known
    text = str(error)
    task = _TASK.search(text)
    failed = [ranges[int(task[1])]] if task and int(task[1]) < len(ranges) else ranges
    topic = config.kafka.topic
    where = ", ".join(f"{topic}[{one.partition}] from offset {one.start} to {one.until - 1}" for one in failed)
    return JobError(
        "unreadable-records",
        f"Spark cannot read {where} ({_cause(text)}): a record that is too large for the memory of an executor when it is "
        "decompressed, or that is corrupt. The batch is not committed. Give Spark more memory; or let the stream-writer pass "
        f"these records, which makes dead letters of them: `stream-writer drain` with KAFKA_GROUP_ID={config.kafka.group_id}, "
        "then start the job again with a new CHECKPOINT_LOCATION.",
    )


def _cause(text: str) -> str:
    if "OutOfMemoryError" in text or _OUT_OF_MEMORY_EXIT in text:
        return "out of memory"
    if "Python worker exited unexpectedly" in text:
        return "its Python worker was killed"
    return _reason(text)


def _code(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name.removesuffix("Error")).lower()


def _reason(text: str) -> str:
    found = re.findall(r"([A-Z]\w+(?:Exception|Error))\b", text)
    known = [name for name in found if name not in ("Py4JJavaError", "SparkException", "IOException")]
    return known[-1] if known else "no answer"


def _first_line(text: str) -> str:
    return text.strip().split("\n", 1)[0][:300]
