"""The streaming query: its start, its end, and its end by a stop."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from sluice_spark.batch_writer import BatchWriter, StoppedBeforeBatchError
from sluice_spark.checkpoint import Checkpoint
from sluice_spark.config import JobConfig
from sluice_spark.failures import to_job_error
from sluice_spark.kafka_source import read_topic
from sluice_spark.stopping import Stop

if TYPE_CHECKING:
    from pyspark.sql.streaming.query import StreamingQuery

POLL_S = 0.25
METRICS_FAULT = ("scala.collection.IterableOps.map", "scala.Option.get()")
"""SPARK-55271, in 4.1: after a restart, the first batch is one that was planned before. Spark has then not asked for the
latest offsets, and its metrics of the source, made once that batch is noted in the checkpoint, end the query."""
COMMIT_S = 30.0
"""How long Spark may take to note in the checkpoint that a batch is done."""


def run_query(spark: SparkSession, config: JobConfig, writer: BatchWriter, checkpoint: Checkpoint, stop: Stop) -> None:
    """Calls the writer with each batch, up to the end of the query or a stop between two batches; raises JobError."""
    while not await_end(_start(spark, config, writer, checkpoint), writer, stop, config):
        pass


def _start(spark: SparkSession, config: JobConfig, writer: BatchWriter, checkpoint: Checkpoint) -> StreamingQuery:
    stream = (
        read_topic(spark, config, checkpoint.starting_offsets)
        .writeStream.foreachBatch(writer)
        .option("checkpointLocation", checkpoint.location)
        .queryName("user_records")
    )
    if config.trigger_interval is None:
        return stream.trigger(availableNow=True).start()
    return stream.trigger(processingTime=config.trigger_interval).start()


def await_end(query: StreamingQuery, writer: BatchWriter, stop: Stop, config: JobConfig) -> bool:
    """Waits for the end of a query, or stops it between two batches; raises JobError where it failed.

    False: it is to be started again, as it ended by a fault of Spark behind a batch that is settled and noted.
    """
    try:
        # in short turns: signals are handled between them
        while not query.awaitTermination(POLL_S):  # type: ignore[arg-type]
            if stop.requested and _is_between_batches(query, writer):
                query.stop()
                return True
    except PySparkException as error:
        if isinstance(writer.failure, StoppedBeforeBatchError):
            return True
        if writer.failure is None and all(sign in str(error) for sign in METRICS_FAULT):
            return stop.requested
        raise to_job_error(writer.failure or error, config) from error
    return True


def _is_between_batches(query: StreamingQuery, writer: BatchWriter) -> bool:
    """Whether a stop interrupts nothing: a batch whose end Spark has not noted would be done again."""
    if query.status["isTriggerActive"]:
        return False
    deadline = time.monotonic() + COMMIT_S
    while time.monotonic() < deadline:
        progress = query.lastProgress
        if writer.last_batch < 0 or (progress is not None and progress["batchId"] >= writer.last_batch):
            return True
        time.sleep(POLL_S)
    return True
