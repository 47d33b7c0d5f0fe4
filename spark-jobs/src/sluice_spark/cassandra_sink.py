"""Upserts through the Spark Cassandra connector: full images, each with its own write timestamp."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import DataFrame

from sluice_spark.cassandra_session import spelled
from sluice_spark.config import TABLE, CassandraConfig

CIPHER_SUITES = (
    *("TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256"),
    *("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"),
    *("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
)


def connector_options(config: CassandraConfig) -> dict[str, str]:
    """How the connector reaches the cluster and writes. What spark-submit gets as `spark.cassandra.*` comes first."""
    options = {
        "spark.cassandra.connection.host": ",".join(spelled(config)),
        "spark.cassandra.connection.port": str(config.port),
        "spark.cassandra.connection.localDC": config.local_datacenter,
        "spark.cassandra.output.consistency.level": "LOCAL_QUORUM",
        # a null is written as a null: a row must not be a mixture of versions
        "spark.cassandra.output.ignoreNulls": "false",
        # rows of the same replicas in one request
        "spark.cassandra.output.batch.grouping.key": "replica_set",
        # a null counts 20 bytes for the server and none for the connector, whose limit in bytes would fill a batch with sparse
        # rows until the server refuses it (50 KiB); so many rows of users stay below 5 KiB, of which servers warn
        "spark.cassandra.output.batch.size.rows": "4",
        "spark.cassandra.output.concurrent.writes": "16",
    }
    if config.tls:
        # the connector's own are two that a certificate of an elliptic curve cannot be used with, and no TLS 1.3
        options["spark.cassandra.connection.ssl.enabledAlgorithms"] = ",".join(CIPHER_SUITES)
    if config.username:
        options["spark.cassandra.auth.username"] = config.username
        options["spark.cassandra.auth.password"] = config.password or ""
    return options


def write_rows(rows: DataFrame, columns: Sequence[str], config: CassandraConfig) -> None:
    """Writes these columns at `wt`, us; returns once each row is at LOCAL_QUORUM."""
    (
        rows.select(*columns, "wt")
        .write.format("org.apache.spark.sql.cassandra")
        .mode("append")
        .option("keyspace", config.keyspace)
        .option("table", TABLE)
        .option("writetime", "wt")
        .save()
    )
