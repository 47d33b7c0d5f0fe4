"""The job as spark-submit runs it, in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from parity.services import PROJECT, spark_environment, spark_submit
from spark_cluster import SparkCluster

Line = Mapping[str, Any]
Found = TypeVar("Found")
WAIT_S = 600


class JobProcess:
    """A submitted job, by its log."""

    def __init__(
        self,
        env: Mapping[str, str],
        log: Path,
        cluster: SparkCluster | None = None,
        spark_conf: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._log = log
        conf = [word for name, value in spark_conf.items() for word in ("--conf", f"{name}={value}")]
        submit = spark_submit()
        if cluster:
            submit = [*spark_submit(cluster.master), "--properties-file", cluster.properties_file]
        # under spark-submit both outputs of a Python program are one
        with log.open("wb") as output:
            self._process = subprocess.Popen(  # noqa: S603 (a program of ours)
                [*submit, *conf, str(PROJECT / "src" / "user_records_stream.py"), "--json"],
                env={**spark_environment(), **env},
                stdout=output,
                stderr=subprocess.STDOUT,
                # so that a kill takes the JVM and its Python together, as that of a container does
                start_new_session=True,
            )

    @property
    def lines(self) -> list[Line]:
        """What the job has logged; Spark's own lines are left out."""
        texts = self._log.read_text("utf-8").splitlines(keepends=True)
        return [json.loads(text) for text in texts if text.startswith("{") and text.endswith("\n")]

    def wait_for(self, condition: Callable[[Line], bool]) -> Line:
        """The first line that meets the condition."""
        return self.until(lambda: next((line for line in self.lines if "msg" in line and condition(line)), None))

    def until(self, found: Callable[[], Found | None]) -> Found:
        """What is found, once it is, while the job runs."""
        deadline = time.monotonic() + WAIT_S
        while True:
            ended = self._process.poll() is not None
            if result := found():
                return result
            assert not ended, f"the job ended before: {self._log.read_text('utf-8')[-2_000:]}"
            assert time.monotonic() < deadline, "the job did not come to it"
            time.sleep(0.1)

    def end(self) -> tuple[int, Line]:
        """Its exit code and summary, once it ends."""
        code = self._process.wait(WAIT_S)
        return code, self.lines[-1] if self.lines else {}

    def terminate(self) -> None:
        """SIGTERM to the process that spark-submit is."""
        self._process.terminate()

    def kill(self) -> None:
        """SIGKILL to all of it."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
