"""Airflow as the tests need it: a home of its own, made before anything imports it."""

import os
import tempfile
from pathlib import Path

DAGS = Path(__file__).resolve().parents[1] / "src"
_home = tempfile.TemporaryDirectory(prefix="sluice-dags-")

for name in [name for name in os.environ if name.startswith(("AIRFLOW", "SLUICE_"))]:
    del os.environ[name]
os.environ.update(
    AIRFLOW_HOME=_home.name,
    AIRFLOW__CORE__DAGS_FOLDER=str(DAGS),
    AIRFLOW__CORE__LOAD_EXAMPLES="false",
    AIRFLOW__CORE__UNIT_TEST_MODE="false",
)
