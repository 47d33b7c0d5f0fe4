"""What all tests share: one Spark session, as a session takes seconds to start."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from pyspark.sql import SparkSession

_SOURCES: Final = (Path(__file__).parents[1] / "src", Path(__file__).parent)


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    """A session of two local threads, in UTC, without a page of its own."""
    # for the workers, which inherit it
    os.environ["PYTHONPATH"] = os.pathsep.join(map(str, _SOURCES))
    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    session = (
        SparkSession.builder.master("local[2]")
        .appName("sluice-tests")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()
