"""The command line: arguments, signals, exit codes."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from sluice_spark.config import SETTINGS_HELP, load_config
from sluice_spark.errors import ConfigError, JobError
from sluice_spark.log import Logger
from sluice_spark.stopping import Stop

SUCCESS, FAILURE, BAD_CONFIGURATION = 0, 1, 78


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> None:  # type: ignore[override]
        self.exit(BAD_CONFIGURATION, f"{self.prog}: {message}\n")


def main(argv: Sequence[str]) -> int:
    """Runs the job; returns the exit code of the process."""
    parser = _Parser(
        prog="user_records_stream.py",
        description="Writes the records of a Kafka topic into Cassandra with Spark, as the stream-writer does.",
        epilog=SETTINGS_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--json", action="store_true", help="print a summary as one JSON line at the end")
    as_json: bool = parser.parse_args(argv).json
    try:
        config = load_config(os.environ)
    except ConfigError as error:
        return _fail(error, BAD_CONFIGURATION)
    logger = Logger("spark-writer", config.log_level)
    stop = Stop(lambda: logger.info("stopping: the running batch ends, no other begins"))
    stop.on_signals()
    try:
        # only now: --help and a wrong configuration need no Spark
        from sluice_spark.job import run

        run(config, stop, logger, as_json=as_json)
    except JobError as error:
        return _fail(error, FAILURE)
    return SUCCESS


def _fail(error: Exception, code: int) -> int:
    sys.stderr.write(f"user_records_stream: {error}\n")
    return code
