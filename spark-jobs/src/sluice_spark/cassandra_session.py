"""A session of the Python driver, for what the connector cannot do: deletes with a timestamp, a look at the table."""

from __future__ import annotations

import logging
import re

from cassandra import ConsistencyLevel
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile, NoHostAvailable, Session
from cassandra.policies import ConstantReconnectionPolicy, DCAwareRoundRobinPolicy, TokenAwarePolicy
from cassandra.query import PreparedStatement

from sluice_spark.cassandra_tls import ssl_context
from sluice_spark.config import CassandraConfig
from sluice_spark.errors import JobError

CONNECT_S = 10
REQUEST_S = 10.0

_statements: dict[tuple[CassandraConfig, str], tuple[Session, PreparedStatement]] = {}
"""For the life of a worker process, which runs many tasks."""


def connect(config: CassandraConfig) -> Session:
    """Opens a session at LOCAL_QUORUM; raises JobError where no node of the data centre answers."""
    # what it says beside the exception belongs to no one
    logging.getLogger("cassandra").setLevel(logging.CRITICAL)
    policy = TokenAwarePolicy(DCAwareRoundRobinPolicy(local_dc=config.local_datacenter))
    profile = ExecutionProfile(
        load_balancing_policy=policy, consistency_level=ConsistencyLevel.LOCAL_QUORUM, request_timeout=REQUEST_S
    )
    cluster = Cluster(
        contact_points=[_host_and_port(point, config.port) for point in config.contact_points],
        auth_provider=PlainTextAuthProvider(config.username, config.password or "") if config.username else None,
        execution_profiles={EXEC_PROFILE_DEFAULT: profile},
        ssl_context=ssl_context(config.tls) if config.tls else None,
        ssl_options={"server_hostname": config.tls.servername} if config.tls and config.tls.servername else None,
        # an outage of minutes must not be followed by more of waiting
        reconnection_policy=ConstantReconnectionPolicy(1.0, None),
        connect_timeout=CONNECT_S,
        protocol_version=4,
        application_name="spark-writer",
    )
    try:
        return cluster.connect()
    except NoHostAvailable as error:
        cluster.shutdown()
        raise JobError(
            "cassandra-unreachable",
            f"Cassandra at {', '.join(spelled(config))} does not answer ({_first_reason(error)}). Start it with "
            "`npx nx run infra:up`, or set CASSANDRA_CONTACT_POINTS, CASSANDRA_PORT and CASSANDRA_LOCAL_DATACENTER.",
        ) from error


def worker_statement(config: CassandraConfig, cql: str) -> tuple[Session, PreparedStatement]:
    """A session of this worker process, and a statement that may be repeated: it has a timestamp of its own."""
    found = _statements.get((config, cql))
    if found is None:
        session = connect(config)
        statement = session.prepare(cql)
        # the same again changes nothing
        statement.is_idempotent = True
        found = _statements[config, cql] = (session, statement)
    return found


def spelled(config: CassandraConfig) -> list[str]:
    """The contact points, each with its port."""
    return [":".join(map(str, _host_and_port(point, config.port))) for point in config.contact_points]


def _host_and_port(point: str, port: int) -> tuple[str, int]:
    own = re.fullmatch(r"(.+):([0-9]+)", point)
    return (own[1], int(own[2])) if own else (point, port)


def _first_reason(error: NoHostAvailable) -> str:
    errors = error.errors if isinstance(error.errors, dict) else {}
    reason = next(iter(errors.values()), None)
    return f"{type(reason).__name__}: {reason}" if reason else str(error.args[0])
