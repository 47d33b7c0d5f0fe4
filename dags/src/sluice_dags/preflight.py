"""What has to be there before the Spark job is submitted, and what to do where it is not."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict

_BIN = Path(__file__).resolve().parents[2] / "bin"
"""Has the spark-submit that runs the one of the Spark environment: Airflow's own environment has none."""
_ENTRY_FILE = Path("src", "user_records_stream.py")


class Artefacts(TypedDict):
    """What spark-submit is given, as paths; `jars` separated by commas. It is found by `path`, a PATH."""

    path: str
    application: str
    py_files: str
    jars: str


@dataclass(frozen=True)
class Found:
    """Either what was asked for, or the problems, one sentence each that says how to mend it."""

    artefacts: Artefacts | None
    problems: Sequence[str]


def spark_artefacts(home: Path, spark_environment: Path, *, path: str) -> Found:
    """Looks for what `npx nx run spark-jobs:build` makes, and for the environment that has spark-submit; `path` is the PATH."""
    job = home / "spark-jobs"
    problems: list[str] = []
    if not (spark_environment / "bin" / "spark-submit").is_file():
        problems.append(
            f"there is no spark-submit in {spark_environment}: run `npx nx run spark-jobs:build`, or set "
            "SLUICE_SPARK_ENVIRONMENT to a Python environment with pyspark"
        )
    wheels = sorted((job / "dist").glob("sluice_spark-*.whl"), key=_version)
    jars = sorted((job / "dist" / "jars").glob("*.jar"))
    if not (job / _ENTRY_FILE).is_file() or not wheels or not jars:
        problems.append(f"the Spark job is not built in {job}: run `npx nx run spark-jobs:build`, or set SLUICE_HOME")
    if problems:
        return Found(None, problems)
    artefacts = Artefacts(
        path=f"{_BIN}:{path}",
        application=str(job / _ENTRY_FILE),
        py_files=str(wheels[-1]),
        jars=",".join(str(jar) for jar in jars),
    )
    return Found(artefacts, [])


def _version(wheel: Path) -> list[int]:
    """`sluice_spark-0.10.0-py3-none-any.whl` comes after 0.9.0."""
    return [int(part) for part in re.findall(r"\d+", wheel.name.split("-")[1])]


def setting_problems(environment: Mapping[str, str]) -> list[str]:
    """Settings without which the job does not start."""
    if environment.get("CHECKPOINT_LOCATION"):
        return []
    return [
        "CHECKPOINT_LOCATION is not set: give Airflow's workers a folder that outlives them, the same one for every run, as "
        "/var/lib/sluice/checkpoint or, on a cluster, one of its shared file systems"
    ]


def check_problems(report: Mapping[str, Any] | None) -> list[str]:
    """What `stream-writer migrate --check --json` found missing."""
    if report is None:
        return []
    return [f"{problem['message']}: {problem['mend']}" for problem in report.get("problems", [])]
