"""The topic as Spark reads it."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pyspark.sql import DataFrame, SparkSession

from sluice_spark.config import JobConfig
from sluice_spark.kafka_clients import spark_options


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


def _starting_offsets(config: JobConfig, starts: Mapping[int, int]) -> str:
    if not starts:
        return "earliest"
    return json.dumps({config.kafka.topic: {str(partition): offset for partition, offset in starts.items()}})
