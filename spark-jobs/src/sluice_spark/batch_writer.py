"""One batch: decode, write the newest version of each row, send the dead letters, then commit where the batch ends."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from py4j.protocol import Py4JJavaError
from pyspark import StorageLevel
from pyspark.sql import DataFrame
from pyspark.sql import functions as sf

from sluice_spark.cassandra_sink import write_rows
from sluice_spark.checkpoint import Checkpoint
from sluice_spark.config import JobConfig
from sluice_spark.dead_letters import LETTER_COLUMNS, send_dead_letters
from sluice_spark.decoding import DecoderSettings, decode_batches, newest_per_key, output_schema
from sluice_spark.deletes import delete_rows
from sluice_spark.errors import JobError
from sluice_spark.failures import unreadable_batch
from sluice_spark.flood_guard import FloodGuard
from sluice_spark.group_offsets import Backlog, EndOffset, GroupOffsets
from sluice_spark.kafka_source import limited, offset_ranges
from sluice_spark.log import Logger
from sluice_spark.metrics import JobMetrics
from sluice_spark.refused_rows import Refused, is_refusal, refused_letters, without, write_each
from sluice_spark.stopping import Stop


@dataclass
class Totals:
    """What became of the records of a run."""

    written: int = 0
    deduplicated: int = 0
    filtered: int = 0
    deadLettered: int = 0  # noqa: N815 (as in the stream-writer's summary)


class StoppedBeforeBatchError(Exception):
    """A stop was asked for: this batch is left to the next run."""


@dataclass(frozen=True)
class Counts:
    """What a batch has."""

    records: int
    letters: int
    deletes: int
    last_timestamps: dict[int, tuple[int, int]]
    """By partition: the last record's offset, and its timestamp in ms."""


@dataclass(frozen=True)
class Seconds:
    """How long a batch took; `batch` is all of it."""

    decode: float
    write: float
    batch: float


@dataclass
class BatchWriter:
    """What the query calls with each batch. What it raises ends the query: nothing is swallowed or committed."""

    config: JobConfig
    columns: Sequence[str]
    settings: Callable[[int], DecoderSettings]
    """Of the decoder, for a batch that begins at this moment, ms since the epoch."""
    checkpoint: Checkpoint
    offsets: GroupOffsets
    metrics: JobMetrics
    logger: Logger
    stop: Stop
    check_table: Callable[[], None]
    """Raises JobError where the table is not that of the schema."""
    totals: Totals = field(default_factory=Totals)
    last_batch: int = -1
    """The last batch that is settled."""
    failure: BaseException | None = None

    def __post_init__(self) -> None:
        """Begins with no record seen."""
        self._flood = FloodGuard(self.config.max_dead_letter_ratio)

    def __call__(self, batch: DataFrame, batch_id: int) -> None:
        """Settles one batch. Done again, it changes nothing but that its dead letters are there twice."""
        try:
            self._require_no_stop()
            self._settle(batch, batch_id)
        except BaseException as error:
            self.failure = error
            raise
        self.last_batch = batch_id

    def _require_no_stop(self) -> None:
        if self.stop.requested:
            raise StoppedBeforeBatchError

    def _settle(self, batch: DataFrame, batch_id: int) -> None:
        start = time.monotonic()
        # the clock is read once: a batch that a task repeats decides the same
        decode = partial(decode_batches, settings=self.settings(time.time_ns() // 1_000_000))
        records = limited(batch, self.config.max_decompressed_batch_bytes)
        # kept: counted, written, and its letters sent, from one decode
        decoded = records.mapInArrow(decode, output_schema()).persist(StorageLevel.MEMORY_AND_DISK)
        try:
            counts = self._decode(decoded, batch)
            # all of the batch was read by now: had the topic been recreated before, its id would be another one
            self.offsets.require_same_topic()
            decoded_at = time.monotonic()
            written, refused = self._write(decoded, counts)
            written_at = time.monotonic()
            counts = replace(counts, letters=counts.letters + len(refused))
            letters = decoded.where(sf.col("kind") == "letter").select(*LETTER_COLUMNS)
            if refused:
                letters = letters.union(refused_letters(records, refused).select(*LETTER_COLUMNS))
            self._send_letters(letters, counts)
        finally:
            decoded.unpersist()
        self._commit(batch_id, counts)
        self._report(
            batch_id, counts, written, Seconds(decoded_at - start, written_at - decoded_at, time.monotonic() - start)
        )

    def _decode(self, decoded: DataFrame, batch: DataFrame) -> Counts:
        try:
            return count_records(decoded)
        except Py4JJavaError as error:
            raise unreadable_batch(error, offset_ranges(batch), self.config) from error

    def _write(self, decoded: DataFrame, counts: Counts) -> tuple[int, list[Refused]]:
        """How many rows were written, and the records that Cassandra refuses."""
        valid = counts.records - counts.letters
        refused: list[Refused] = []
        while left := valid - len(refused):
            # where one is refused, the next older version of its row steps in
            rows, keys = newest_versions(without(decoded, refused), left)
            found = self._write_newest(rows, upserts=counts.deletes < valid, deletes=counts.deletes > 0)
            if not found:
                return keys, refused
            refused += found
        return 0, refused

    def _write_newest(self, rows: DataFrame, *, upserts: bool, deletes: bool) -> list[Refused]:
        """What Cassandra refuses; nothing where all is written."""
        cassandra = self.config.cassandra
        if upserts:
            rows_to_write = rows.where(sf.col("kind") == "upsert")
            try:
                write_rows(rows_to_write, self.columns, cassandra)
            except Py4JJavaError as error:
                if not is_refusal(error):
                    raise
                # where the table has changed, no row is at fault
                self.check_table()
                self.logger.warn("Cassandra refuses a row: the rows of this batch are written one by one")
                refused = write_each(rows_to_write, self.columns, cassandra)
                if refused:
                    return refused
        if deletes:
            delete_rows(rows.where(sf.col("kind") == "delete"), cassandra)
        return []

    def _send_letters(self, letters: DataFrame, counts: Counts) -> None:
        if self._flood.is_flood(counts.records, counts.letters):
            raise JobError(
                "dead-letter-flood",
                f"{counts.letters} of {counts.records} records of this batch cannot be processed; none was sent to "
                f"{self.config.kafka.dlq_topic}. Mend the cause (a wrong topic, schema or registry?), or accept them "
                "with MAX_DEAD_LETTER_RATIO=1.",
            )
        if counts.letters > 0:
            send_dead_letters(letters, self.config.kafka, self.offsets.topic_id)

    def _commit(self, batch_id: int, counts: Counts) -> None:
        ends = self.checkpoint.end_offsets(batch_id, self.config.kafka.topic)
        self.offsets.commit(
            {
                partition: EndOffset(end, timestamp_before(end, counts.last_timestamps.get(partition)))
                for partition, end in ends.items()
            }
        )

    def _report(self, batch_id: int, counts: Counts, written: int, seconds: Seconds) -> None:
        deduplicated = counts.records - counts.letters - written
        self.totals.written += written
        self.totals.deduplicated += deduplicated
        self.totals.deadLettered += counts.letters
        self.metrics.count("written", written)
        self.metrics.count("deduplicated", deduplicated)
        self.metrics.count("dead_lettered", counts.letters)
        if written > 0:
            self.metrics.batch_records.observe(written)
            self.metrics.write_seconds.observe(seconds.write)
        self.metrics.batch_seconds.observe(seconds.batch)
        backlog = self.backlog()
        if backlog is not None:
            settled = {partition: timestamp for partition, (_, timestamp) in counts.last_timestamps.items()}
            self.metrics.set_backlog(backlog, settled, time.time_ns() // 1_000_000)
        self.logger.info(
            "batch settled",
            batch=batch_id,
            records=counts.records,
            written=written,
            deduplicated=deduplicated,
            deadLettered=counts.letters,
            seconds=round(seconds.batch, 3),
            decodeSeconds=round(seconds.decode, 3),
            writeSeconds=round(seconds.write, 3),
            recordsPerSecond=round(counts.records / seconds.batch) if seconds.batch > 0 else 0,
            lag=None if backlog is None else sum(backlog.lag.values()),
            held=None if backlog is None else sum(backlog.held.values()),
        )

    def backlog(self) -> Backlog | None:
        """None where it is unknown: what is settled is settled, and is not to be done again for that."""
        try:
            return self.offsets.backlog()
        except JobError as error:
            self.logger.warn("the lag is unknown", reason=str(error))
            return None


def count_records(decoded: DataFrame) -> Counts:
    """Counts the records of a batch; decodes it, where it is to be kept."""
    rows = (
        decoded.groupBy("partition")
        .agg(
            sf.count("*").alias("records"),
            sf.count_if(sf.col("kind") == "letter").alias("letters"),
            sf.count_if(sf.col("kind") == "delete").alias("deletes"),
            sf.max(sf.struct("offset", sf.unix_millis("timestamp"))).alias("last"),
        )
        .collect()
    )
    return Counts(
        records=sum(row.records for row in rows),
        letters=sum(row.letters for row in rows),
        deletes=sum(row.deletes for row in rows),
        last_timestamps={row.partition: (row["last"][0], row["last"][1]) for row in rows},
    )


def newest_versions(decoded: DataFrame, valid: int) -> tuple[DataFrame, int]:
    """The newest version of each row, and how many rows that is.

    Keys are compared first, without their rows: a batch mostly has one version of each, and its rows need no shuffle.
    """
    versions = decoded.where(sf.col("kind") != "letter")
    keys: int = versions.select("row_key").distinct().count()
    return (versions if keys == valid else newest_per_key(decoded)), keys


def timestamp_before(end: int, last: tuple[int, int] | None) -> int | None:
    """The timestamp of the record before the end of a batch, None where there is no such record."""
    if last is None or last[0] != end - 1:
        return None
    return last[1]
