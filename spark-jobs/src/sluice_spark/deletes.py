"""Deletes at the write timestamp of their tombstone, by the Python driver: the connector's have no timestamp."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from uuid import UUID

from cassandra.concurrent import execute_concurrent_with_args
from pyspark.sql import DataFrame, Row

from sluice_spark.cassandra_session import worker_statement
from sluice_spark.config import TABLE, CassandraConfig
from sluice_spark.errors import JobError

IN_FLIGHT = 64


def delete_rows(deletes: DataFrame, config: CassandraConfig) -> None:
    """Deletes the rows of `row_key` at `wt`, us; returns once each delete is at LOCAL_QUORUM."""
    deletes.select("row_key", "wt").foreachPartition(partial(_delete, config=config))


def _delete(rows: Iterator[Row], config: CassandraConfig) -> None:
    keys = [(row.wt, UUID(row.row_key)) for row in rows]
    if not keys:
        return
    cql = f"DELETE FROM {config.keyspace}.{TABLE} USING TIMESTAMP ? WHERE uuid = ?"  # noqa: S608 (a checked name)
    session, statement = worker_statement(config, cql)
    results = execute_concurrent_with_args(session, statement, keys, concurrency=IN_FLIGHT, raise_on_first_error=False)
    failures = [result for succeeded, result in results if not succeeded]
    if failures:
        raise JobError(
            "delete-failed",
            f"Cassandra did not take {len(failures)} of {len(keys)} deletes in {config.keyspace}.{TABLE} "
            f"({type(failures[0]).__name__})",
        )
