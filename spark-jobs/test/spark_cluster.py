"""A standalone cluster, and the processes that run the tasks of a job there."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from parity.services import NODE

PROGRAM = Path(__file__).parent / "integration" / "spark-cluster.mjs"


@contextmanager
def spark_cluster() -> Iterator[SparkCluster]:
    """A master, and a worker with two cores; executors end with it."""
    program = subprocess.Popen(  # noqa: S603 (a program of ours)
        [*NODE, str(PROGRAM)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        line = program.stdout.readline() if program.stdout else ""
        assert line, "the cluster did not start, see above"
        yield SparkCluster(**json.loads(line))
    finally:
        if program.stdin:
            program.stdin.close()
        program.wait()


@dataclass(frozen=True)
class SparkCluster:
    """The URL of its master, the file with the secret that it asks for, and the pid of its worker, which starts executors."""

    master: str
    properties_file: str
    worker: int

    def executors(self) -> set[int]:
        """The JVMs that run tasks."""
        return {one.pid for one in self._processes() if "CoarseGrainedExecutorBackend" in one.command}

    def python_workers(self) -> set[int]:
        """The Pythons that run the Python of tasks: an executor has a daemon, which forks them."""
        pythons = [one for one in self._processes() if "pyspark.daemon" in one.command]
        daemons = {one.pid for one in pythons}
        return {one.pid for one in pythons if one.parent in daemons}

    def _processes(self) -> list[Process]:
        """Every process below the worker."""
        everything = processes()
        found: list[Process] = []
        parents = {self.worker}
        while parents:
            below = [one for one in everything if one.parent in parents]
            found += below
            parents = {one.pid for one in below}
        return found


@dataclass(frozen=True)
class Process:
    """One of the machine."""

    pid: int
    parent: int
    command: str


def processes() -> list[Process]:
    """All of the machine."""
    ps = ["ps", "-A", "-ww", "-o", "pid=,ppid=,args="]
    listed = subprocess.run(ps, capture_output=True, text=True, check=True)  # noqa: S603
    fields = (line.split(maxsplit=2) for line in listed.stdout.splitlines())
    return [Process(int(pid), int(parent), " ".join(command)) for pid, parent, *command in fields]


def kill(pids: set[int]) -> None:
    """SIGKILL, to one at least."""
    assert pids, "there is something to kill"
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
