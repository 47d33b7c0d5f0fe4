"""The topic as Spark reads it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from py4j.protocol import Py4JError
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as sf

from sluice_spark.config import JobConfig
from sluice_spark.failures import OffsetRange
from sluice_spark.kafka_clients import spark_options
from sluice_spark.shortened_dead_letters import KEPT_BYTES


def read_topic(spark: SparkSession, config: JobConfig, starts: Mapping[int, int]) -> DataFrame:
    """The stream of the topic's records; `starts` counts only where the checkpoint is new."""
    options = {
        **spark_options(config.kafka),
        "subscribe": config.kafka.topic,
        "startingOffsets": _starting_offsets(config, starts),
        "maxOffsetsPerTrigger": str(config.max_offsets_per_trigger),
        # offsets that are gone are never passed over in silence
        "failOnDataLoss": "true",
        "includeHeaders": "true",
        "kafka.isolation.level": "read_committed",
        # for the rights that brokers give to a group; Spark joins none and commits nothing itself
        "kafka.group.id": config.kafka.group_id,
    }
    return spark.readStream.format("kafka").options(**options).load()


def offset_ranges(batch: DataFrame) -> list[OffsetRange]:
    """What each task of a batch reads, in their order. Spark has no public API for it; empty where this finds nothing."""
    partitions: Any = batch._jdf.queryExecution().toRdd().partitions()
    ranges = []
    for partition in partitions:
        try:
            found = partition.inputPartitions().head().offsetRange()
        except (Py4JError, TypeError):
            return []
        ranges.append(OffsetRange(found.topicPartition().partition(), found.fromOffset(), found.untilOffset()))
    return ranges


def limited(records: DataFrame, most_bytes: int) -> DataFrame:
    """The columns that decoding needs. Of a longer value only the beginning is kept, with the length and SHA-256 of all of it."""
    too_large = sf.length("value") > most_bytes
    return records.select(
        "key",
        sf.when(too_large, sf.substring("value", 1, KEPT_BYTES)).otherwise(sf.col("value")).alias("value"),
        *("headers", "topic", "partition", "offset", "timestamp"),
        sf.when(too_large, sf.length("value")).alias("value_length"),
        sf.when(too_large, sf.sha2("value", 256)).alias("value_sha256"),
    )


def _starting_offsets(config: JobConfig, starts: Mapping[int, int]) -> str:
    if not starts:
        return "earliest"
    return json.dumps({config.kafka.topic: {str(partition): offset for partition, offset in starts.items()}})
