"""The Spark session, with what the job needs and spark-submit has not said."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path
from typing import Any

from pyspark import SparkConf, SparkContext
from pyspark.sql import SparkSession

from sluice_spark.cassandra_sink import connector_options
from sluice_spark.cassandra_tls import CassandraTls, connector_tls_options
from sluice_spark.config import JobConfig

QUIET = {
    # the job says itself why it ends
    "org.apache.spark.sql.execution.streaming": "OFF",
    "org.apache.spark.sql.execution.datasources.v2": "OFF",
    "org.apache.spark.executor.Executor": "OFF",
    "org.apache.spark.scheduler.TaskSetManager": "ERROR",
    "org.apache.spark.api.python": "OFF",
    "org.apache.spark.util.Utils": "OFF",
    # warns of a group id of one's own, in each batch
    "org.apache.spark.sql.kafka010": "ERROR",
    "org.apache.kafka": "ERROR",
    "com.datastax": "ERROR",
}


def spark_session(config: JobConfig) -> SparkSession:
    """Begins the session, or takes the one of spark-submit; what was said there comes first."""
    # without a JVM, a configuration has nothing of what was said to spark-submit
    SparkContext._ensure_initialized()
    said = SparkConf()
    local = said.get("spark.master", "local[2]").startswith("local")
    builder: Any = SparkSession.builder.appName(f"sluice {config.kafka.topic} to {config.cassandra.keyspace}")
    if not said.contains("spark.master"):
        builder = builder.master("local[2]")
    for key, value in session_defaults(config, local=local).items():
        if value and not said.contains(key):
            builder = builder.config(key, value)
    session: SparkSession = builder.getOrCreate()
    _be_quiet(session)
    tls = config.cassandra.tls
    if tls and not said.contains("spark.cassandra.connection.ssl.enabled"):
        _use_tls(session, tls)
    return session


def session_defaults(config: JobConfig, *, local: bool) -> dict[str, str]:
    """What the job sets where spark-submit has not; nothing where the text is empty."""
    return {
        "spark.sql.session.timeZone": "UTC",
        # instants before 1582 in the calendar of the schema, not in Java's old one
        "spark.sql.datetime.java8API.enabled": "true",
        "spark.sql.shuffle.partitions": "2" if local else "",
        "spark.ui.enabled": "false" if local else "",
        # by default a task that is out of memory ends its JVM, here that of the job, which could not name the records it read
        "spark.executor.killOnFatalError.depth": "0" if local else "",
        "spark.ui.showConsoleProgress": "false",
        # a row has some thirty columns: more than Spark shows of a plan without a warning
        "spark.sql.debug.maxToStringFields": "100",
        # batches are kept for seconds: to compress them costs more than it saves
        "spark.sql.inMemoryColumnarStorage.compressed": "false",
        **connector_options(config.cassandra),
    }


def _use_tls(session: SparkSession, tls: CassandraTls) -> None:
    """The key stores are files of this machine, and go with this process."""
    folder = tempfile.mkdtemp(prefix="sluice-spark-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for name, value in connector_tls_options(session.sparkContext._gateway, tls, Path(folder)).items():
        session.conf.set(name, value)


def _be_quiet(session: SparkSession) -> None:
    session.sparkContext.setLogLevel("WARN")
    jvm: Any = session.sparkContext._jvm
    log4j = jvm.org.apache.logging.log4j
    for name, level in QUIET.items():
        log4j.core.config.Configurator.setLevel(name, log4j.Level.getLevel(level))
