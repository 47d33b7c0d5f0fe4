"""The job: checks what it needs, then reads the topic batch by batch into the table."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict
from functools import partial

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException

from sluice_spark.batch_writer import BatchWriter
from sluice_spark.checkpoint import Checkpoint
from sluice_spark.config import JobConfig
from sluice_spark.failures import to_job_error
from sluice_spark.group_commits import GroupCommits
from sluice_spark.group_offsets import GroupOffsets
from sluice_spark.log import Logger
from sluice_spark.metrics import HealthServer, JobMetrics
from sluice_spark.query import run_query
from sluice_spark.spark_session import spark_session
from sluice_spark.stopping import Stop
from sluice_spark.table_check import check_table
from sluice_spark.user_decoder import decoder_settings, table_columns


def run(config: JobConfig, stop: Stop, logger: Logger, *, as_json: bool) -> None:
    """Runs until the end of the topic or a stop; raises JobError."""
    started = time.monotonic()
    columns = table_columns()
    offsets = GroupOffsets(config.kafka, config.offset_out_of_range)
    offsets.check()
    check_table(config.cassandra, columns)
    spark = spark_session(config)
    stop.on_jvm_signals(spark)
    try:
        checkpoint = Checkpoint(spark, config.checkpoint_location)
        known = checkpoint.require_topic(config.kafka.topic)
        checkpoint.require_rights()
        offsets.attach(GroupCommits(spark, config.kafka))
        _begin(config, checkpoint, offsets, known, logger)
        metrics = JobMetrics(config.kafka.group_id)
        writer = BatchWriter(
            config=config,
            columns=list(columns),
            settings=partial(decoder_settings, config),
            checkpoint=checkpoint,
            offsets=offsets,
            metrics=metrics,
            logger=logger,
            stop=stop,
            check_table=partial(check_table, config.cassandra, columns),
        )
        server = HealthServer(
            config.metrics_port,
            metrics,
            lambda: [] if spark.streams.active else ["starting"],
            config.metrics_host,
            config.allowed_hosts,
        )
        if server.taken:
            logger.warn("metrics port is taken, using a free one", taken=config.metrics_port, port=server.port)
        logger.info("reading", port=server.port, seconds=round(time.monotonic() - started, 1))
        try:
            run_query(spark, config, writer, checkpoint, stop)
        finally:
            server.close()
        backlog = writer.backlog()
    except (PySparkException, Py4JJavaError) as error:
        raise to_job_error(error, config) from error
    finally:
        offsets.close()
        spark.stop()
    lag, held = (None, None) if backlog is None else (sum(backlog.lag.values()), sum(backlog.held.values()))
    if held:
        logger.warn(
            "an open transaction holds offsets back: they are written once it ends, by a later run",
            partitions=sorted(partition for partition, offsets in backlog.held.items() if offsets) if backlog else [],
            held=held,
        )
    summary = {**asdict(writer.totals), "lag": lag, "held": held, "seconds": round(time.monotonic() - started, 3)}
    logger.info("stopped", **summary)
    if as_json:
        print(json.dumps(summary), flush=True)


def _begin(
    config: JobConfig, checkpoint: Checkpoint, offsets: GroupOffsets, known: Mapping[int, int] | None, logger: Logger
) -> None:
    """Decides where the query begins, and notes it in the checkpoint before a record is read."""
    topic, topic_id = config.kafka.topic, offsets.topic_id
    if known is None:
        logger.info("the checkpoint is new: beginning as STARTING_OFFSETS says")
        checkpoint.begin(topic, topic_id, offsets.starting_offsets(config.starting_offsets))
        return
    resumed = offsets.resumed_offsets(known, checkpoint.topic_id)
    moved = sorted(partition for partition, offset in resumed.items() if offset != known.get(partition, offset))
    if moved or checkpoint.topic_id not in (None, topic_id):
        logger.warn("records that come next are gone: resuming as OFFSET_OUT_OF_RANGE says", partitions=moved)
        checkpoint.begin(topic, topic_id, resumed)
        return
    if checkpoint.topic_id is None and checkpoint.is_of_earlier_version:
        checkpoint.begin(topic, topic_id, {})
    elsewhere = {p: offset for p, offset in offsets.committed.items() if known.get(p, offset) < offset}
    if elsewhere:
        logger.warn(
            "the group has advanced without this checkpoint: what another writer has settled since is written again, "
            "which changes no row; its dead letters are sent again",
            partitions=sorted(elsewhere),
        )
