"""Real services for all of these tests: those of SLUICE_TEST_STACK, else started once, with the first test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from parity.services import Environment, services
from parity.topic import delete_topics
from place import Place
from sluice_spark.cassandra_session import connect
from sluice_spark.config import load_config


@pytest.fixture(scope="session", autouse=True)
def stack() -> Iterator[Environment]:
    """The addresses, which are in the environment as well."""
    with services() as env:
        os.environ.update(env)
        yield env


@pytest.fixture
def place(stack: Environment, tmp_path: Path) -> Iterator[Place]:
    name = f"spark_{uuid4().hex[:8]}"
    env = {
        **stack,
        "KAFKA_TOPIC": name,
        "KAFKA_GROUP_ID": name,
        "CASSANDRA_KEYSPACE": name,
        "CHECKPOINT_LOCATION": str(tmp_path / "checkpoint"),
        "METRICS_PORT": "0",
    }
    session = connect(load_config(env).cassandra)
    try:
        yield Place(name, env, session)
    finally:
        session.execute(f"DROP KEYSPACE IF EXISTS {name}", timeout=60)
        session.cluster.shutdown()
        delete_topics(env["KAFKA_BROKERS"], [name, f"{name}.dlq"])


def pytest_unconfigure(config: pytest.Config) -> None:
    """The last line, as that of every suite."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:
        failed = sum(len(reporter.stats.get(outcome, [])) for outcome in ("failed", "error"))
        print(f"{len(reporter.stats.get('passed', []))} passed, {failed} failed")
