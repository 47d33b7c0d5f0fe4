"""A job as the original project has it: every field a string, appended by the connector. Arguments: checkpoint."""

import os
import sys

from pyspark.sql import SparkSession
from pyspark.sql.functions import col, from_json
from pyspark.sql.types import StringType, StructField, StructType

FIELDS = (
    "first_name last_name gender street city state country postcode latitude longitude email uuid username password "
    "birthdate age registered_date phone cell picture nationality"
)


def main(checkpoint: str) -> None:
    """Reads the topic once, to its end."""
    spark = (
        SparkSession.builder.appName("plain")
        .config("spark.cassandra.connection.host", os.environ["CASSANDRA_CONTACT_POINTS"])
        .config("spark.cassandra.connection.port", os.environ["CASSANDRA_PORT"])
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.ui.enabled", "false")
        .getOrCreate()
    )
    schema = StructType([StructField(name, StringType(), nullable=True) for name in FIELDS.split()])
    records = (
        spark.readStream.format("kafka")
        .option("kafka.bootstrap.servers", os.environ["KAFKA_BROKERS"])
        .option("subscribe", os.environ["KAFKA_TOPIC"])
        .option("startingOffsets", "earliest")
        .load()
    )
    users = records.selectExpr("CAST(value AS STRING)").select(from_json(col("value"), schema).alias("data"))
    query = (
        users.select("data.*")
        .writeStream.format("org.apache.spark.sql.cassandra")
        .option("checkpointLocation", checkpoint)
        .option("keyspace", os.environ["CASSANDRA_KEYSPACE"])
        .option("table", "user_records")
        .trigger(availableNow=True)
        .start()
    )
    query.awaitTermination()


if __name__ == "__main__":
    main(sys.argv[1])
