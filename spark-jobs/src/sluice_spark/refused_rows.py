"""Rows that Cassandra refuses for what is in them.

The connector fails a batch as a whole and does not say which rows they are: all of it is written once more, row by row, through
the Python driver.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from cassandra import InvalidRequest
from cassandra.concurrent import execute_concurrent_with_args
from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as sf

from sluice_spark.cassandra_session import worker_statement
from sluice_spark.config import TABLE, CassandraConfig
from sluice_spark.errors import JobError

IN_FLIGHT = 64
AT_ONCE = 1_000
"""Rows that a task holds."""
STAGE, CODE = "write", "refused-row"
GUARDRAIL = "Guardrail "
"""How the message of a guardrail begins (CEP-3). It is an InvalidRequest as well, but the limit is the operator's to judge."""
_FAILED_WRITE = re.compile(r"Failed to write statements.*?(?=Please check the executor logs|\Z)", re.DOTALL)
_OF_THE_CLUSTER = re.compile(
    r"tried for the query failed|No node was available|timeout|timed out|Not enough replicas|overloaded|bootstrapping|"
    r"not authorized|no .* permission|unconfigured table|does not exist|Guardrail ",
    re.IGNORECASE,
)
"""What the driver says of failures that no row is at fault for."""


@dataclass(frozen=True)
class Refused:
    """The record of a row that Cassandra refuses."""

    partition: int
    offset: int
    message: str


def is_refusal(error: BaseException) -> bool:
    """Whether what fails a batch may be one of its rows: the connector tells the text of the exception and not its kind."""
    said = _FAILED_WRITE.search(str(error))
    return said is not None and not _OF_THE_CLUSTER.search(said[0])


def write_each(rows: DataFrame, columns: Sequence[str], config: CassandraConfig) -> list[Refused]:
    """Writes the rows at `wt`, us, one by one at LOCAL_QUORUM; what is refused. Raises where a row fails for another reason."""
    # CQL counts milliseconds, and Python's datetime would take the zone of the worker
    values = [
        sf.unix_millis(column).alias(column) if dict(rows.dtypes)[column] == "timestamp" else sf.col(column)
        for column in columns
    ]
    written = rows.select("partition", "offset", "wt", *values)
    found: list[Refused] = written.rdd.mapPartitions(partial(_write, columns=tuple(columns), config=config)).collect()
    return found


def without(decoded: DataFrame, refused: Sequence[Refused]) -> DataFrame:
    """The records of a batch that are not refused."""
    if not refused:
        return decoded
    return decoded.join(sf.broadcast(_records(decoded, refused)), ["partition", "offset"], "left_anti")


def refused_letters(records: DataFrame, refused: Sequence[Refused]) -> DataFrame:
    """The letters of the refused records, of which `records` has the columns of a Kafka source."""
    known = _records(records, refused)
    return records.join(sf.broadcast(known), ["partition", "offset"]).withColumns(
        {"error_stage": sf.lit(STAGE), "error_code": sf.lit(CODE)}
    )


def _records(frame: DataFrame, refused: Sequence[Refused]) -> DataFrame:
    return frame.sparkSession.createDataFrame(
        [(one.partition, one.offset, one.message) for one in refused],
        "partition int, offset long, error_message string",
    )


def _write(rows: Iterator[Row], columns: Sequence[str], config: CassandraConfig) -> Iterator[Refused]:
    session, statement = worker_statement(config, _insert(columns, config))
    for some in _chunks(rows):
        parameters = [(*_values(row, columns), row.wt) for row in some]
        results = execute_concurrent_with_args(
            session, statement, parameters, concurrency=IN_FLIGHT, raise_on_first_error=False
        )
        for row, (succeeded, result) in zip(some, results, strict=True):
            if not succeeded:
                yield _refused(row, result, config)


def _refused(row: Row, error: Exception, config: CassandraConfig) -> Refused:
    reason = _reason(error)
    if isinstance(error, InvalidRequest) and not reason.startswith(GUARDRAIL):
        return Refused(row.partition, row.offset, f"{config.keyspace}.{TABLE} refuses the row: {reason}")
    what = f" ({reason})" if isinstance(error, InvalidRequest) else ""
    raise JobError(
        "write-failed",
        f"Cassandra did not take a row of {config.keyspace}.{TABLE}: {type(error).__name__}{what}. "
        "The batch is not committed: fix Cassandra and start the job again.",
    )


def _reason(error: Exception) -> str:
    """What the server says: it names columns and limits."""
    found = re.search(r'message="(.*)"', str(error), re.DOTALL)
    return found[1] if found else type(error).__name__


def _insert(columns: Sequence[str], config: CassandraConfig) -> str:
    marks = ", ".join("?" for _ in columns)
    return f"INSERT INTO {config.keyspace}.{TABLE} ({', '.join(columns)}) VALUES ({marks}) USING TIMESTAMP ?"  # noqa: S608


def _values(row: Row, columns: Sequence[str]) -> list[Any]:
    return [UUID(row[column]) if column == "uuid" else row[column] for column in columns]


def _chunks(rows: Iterator[Row]) -> Iterator[list[Row]]:
    some: list[Row] = []
    for row in rows:
        some.append(row)
        if len(some) == AT_ONCE:
            yield some
            some = []
    if some:
        yield some
