"""What has to be there before the Spark job is submitted, and what to do where it is not."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict

_BIN = Path(__file__).resolve().parents[2] / "bin"
"""Has the spark-submit that runs the one of the Spark environment: Airflow's own environment has none."""
_ENTRY_FILE = "user_records_stream.py"
_PACKAGE = "sluice_spark.zip"
"""The wheel under a name that Spark takes: with .whl it reaches the executors, but they do not import from it."""


class Artefacts(TypedDict):
    """What spark-submit is given, as paths; `jars` separated by commas. It is found by `path`, a PATH."""

    path: str
    application: str
    py_files: str
    jars: str


@dataclass(frozen=True)
class Found:
    """Either what was asked for, or the problems, one sentence each that says how to fix it."""

    artefacts: Artefacts | None
    problems: Sequence[str]


def spark_artefacts(home: Path, spark_environment: Path, *, path: str) -> Found:
    """Looks for what `npx nx run spark-jobs:build` makes, and for the environment that has spark-submit; `path` is the PATH."""
    built = home / "spark-jobs" / "dist"
    problems: list[str] = []
    if not (spark_environment / "bin" / "spark-submit").is_file():
        problems.append(
            f"there is no spark-submit in {spark_environment}: run `npx nx run spark-jobs:build`, or set "
            "SLUICE_SPARK_ENVIRONMENT to a Python environment with pyspark"
        )
    jars = sorted((built / "jars").glob("*.jar"))
    if not (built / _ENTRY_FILE).is_file() or not (built / _PACKAGE).is_file() or not jars:
        problems.append(f"the Spark job is not built in {built}: run `npx nx run spark-jobs:build`, or set SLUICE_HOME")
    if problems:
        return Found(None, problems)
    artefacts = Artefacts(
        path=f"{_BIN}:{path}",
        application=str(built / _ENTRY_FILE),
        py_files=str(built / _PACKAGE),
        jars=",".join(str(jar) for jar in jars),
    )
    return Found(artefacts, [])


def setting_problems(environment: Mapping[str, str]) -> list[str]:
    """Settings without which the job does not start."""
    problems: list[str] = []
    if not environment.get("CHECKPOINT_LOCATION"):
        problems.append(
            "CHECKPOINT_LOCATION is not set: give Airflow's workers a folder that outlives them, the same one for every run, as "
            "/var/lib/sluice/checkpoint or, on a cluster, one of its shared file systems"
        )
    properties = environment.get("SLUICE_SPARK_PROPERTIES")
    if properties and not os.access(properties, os.R_OK):
        problems.append(
            f"SLUICE_SPARK_PROPERTIES: {properties} cannot be read by the user of Airflow's workers: name a file that it can "
            "read, with the secret of the Spark master (spark.authenticate.secret)"
        )
    return problems


def check_problems(report: Mapping[str, Any] | None) -> list[str]:
    """What `stream-writer migrate --check --json` found missing."""
    if report is None:
        return []
    return [f"{problem['message']}: {problem['fix']}" for problem in report.get("problems", [])]
