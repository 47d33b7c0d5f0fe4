"""Whether the table is the one that the schema describes. The Spark job converts nothing, and creates nothing."""

from __future__ import annotations

from collections.abc import Mapping

from cassandra.cluster import Session

from sluice_spark.cassandra_session import connect
from sluice_spark.config import TABLE, CassandraConfig
from sluice_spark.errors import JobError

KEY = "uuid"


def check_table(config: CassandraConfig, expected: Mapping[str, str]) -> None:
    """Raises JobError where Cassandra does not answer or the table is missing or has other columns than `expected`."""
    session = connect(config)
    try:
        problems = table_problems(f"{config.keyspace}.{TABLE}", _live_columns(session, config.keyspace), expected)
    finally:
        session.cluster.shutdown()
    if problems:
        raise JobError("not-migrated", "; ".join(problems))


def table_problems(name: str, live: Mapping[str, tuple[str, str]], expected: Mapping[str, str]) -> list[str]:
    """What is wrong with a table whose columns are `live`: CQL type and kind by name."""
    migrate = "Run `npx nx run stream-writer:migrate`, or fix the configuration."
    if not live:
        return [f"there is no table {name}. {migrate}"]
    problems = []
    missing = [column for column in expected if column not in live]
    if missing:
        problems.append(f"{name} has no column {', '.join(missing)}. {migrate}")
    other = {column: live[column][0] for column in expected if column in live and live[column][0] != expected[column]}
    if other:
        found = ", ".join(f"{column} {cql_type} (not {expected[column]})" for column, cql_type in other.items())
        problems.append(
            f"{name} has columns of other types than the schema: {found}. The Spark job writes the schema's types: "
            "let the stream-writer write this table, which converts them, or set CASSANDRA_KEYSPACE to another "
            "keyspace and run `npx nx run stream-writer:migrate`"
        )
    key = [column for column, (_, kind) in live.items() if kind != "regular" and kind != "static"]
    if key != [KEY]:
        problems.append(f"the primary key of {name} is ({', '.join(key)}), not ({KEY}): use another table")
    return problems


def _live_columns(session: Session, keyspace: str) -> dict[str, tuple[str, str]]:
    rows = session.execute(
        "SELECT column_name, type, kind FROM system_schema.columns WHERE keyspace_name = %s AND table_name = %s",
        (keyspace, TABLE),
    )
    return {row.column_name: (row.type, row.kind) for row in rows}
