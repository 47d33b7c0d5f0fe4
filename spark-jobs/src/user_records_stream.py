"""What spark-submit runs: the users of a Kafka topic into a Cassandra table. `--help` says what it takes."""

import sys

from sluice_spark.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
