"""Real services for all of these tests: those of SLUICE_TEST_STACK, else started once, with the first test."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from parity.services import Environment, services


@pytest.fixture(scope="session", autouse=True)
def stack() -> Iterator[Environment]:
    """The addresses, which are in the environment as well."""
    with services() as env:
        os.environ.update(env)
        yield env


def pytest_unconfigure(config: pytest.Config) -> None:
    """The last line, as that of every suite."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:
        failed = sum(len(reporter.stats.get(outcome, [])) for outcome in ("failed", "error"))
        print(f"{len(reporter.stats.get('passed', []))} passed, {failed} failed")
