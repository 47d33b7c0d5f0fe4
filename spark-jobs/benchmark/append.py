"""What a job costs at least: from_json, and an append by the connector in foreachBatch, to the end of the topic.

Connector, batches of the server and batches of Spark are those of the job. It has no dead letters, no order of versions, no
write timestamps, no enrichment and no commit. Its configuration is that of the job. Prints one JSON line: when the first
batch began and the last one ended, in seconds since the epoch, and the records.
"""

from __future__ import annotations

import json
import os
import time

from pyspark.sql import DataFrame
from pyspark.sql import functions as sf
from pyspark.sql.types import StructField, StructType

from sluice_spark.columns import spark_type
from sluice_spark.config import TABLE, load_config
from sluice_spark.schemas import message_schema
from sluice_spark.spark_session import spark_session


def main() -> None:
    """Reads the topic once."""
    config = load_config(os.environ)
    spark = spark_session(config)
    schema = StructType([StructField(field.name, spark_type(field)) for field in message_schema().fields])
    began: list[float] = []

    def append(batch: DataFrame, _batch_id: int) -> None:
        began.append(time.time())
        (
            batch.write.format("org.apache.spark.sql.cassandra")
            .mode("append")
            .option("keyspace", config.cassandra.keyspace)
            .option("table", TABLE)
            .save()
        )

    users = (
        spark.readStream.format("kafka")
        .option("kafka.bootstrap.servers", ",".join(config.kafka.brokers))
        .option("subscribe", config.kafka.topic)
        .option("startingOffsets", "earliest")
        .option("maxOffsetsPerTrigger", config.max_offsets_per_trigger)
        .load()
        .select(sf.from_json(sf.col("value").cast("string"), schema).alias("user"))
        .select("user.*")
    )
    query = (
        users.writeStream.foreachBatch(append)
        .option("checkpointLocation", config.checkpoint_location)
        .trigger(availableNow=True)
        .start()
    )
    query.awaitTermination()
    records = sum(progress["numInputRows"] for progress in query.recentProgress)
    print(json.dumps({"began": began[0], "ended": time.time(), "records": records}), flush=True)
    spark.stop()


if __name__ == "__main__":
    main()
