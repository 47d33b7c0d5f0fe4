"""The command line of the parity run."""

from __future__ import annotations

import argparse
import sys

from parity.run import Parity
from parity.services import services


def main() -> int:
    """Runs it; 1 where the writers differ."""
    parser = argparse.ArgumentParser(
        prog="spark-jobs:parity",
        description="Writes one topic with the stream-writer and with the Spark job, and compares every cell, every "
        "WRITETIME and every dead letter. Uses the services of SLUICE_TEST_STACK, else starts its own.",
    )
    parser.add_argument("--records", type=int, default=20_000, help="about how many records the topic has [20000]")
    records: int = parser.parse_args().records
    with services() as env:
        parity = Parity(env, records, lambda line: print(line, flush=True))
        try:
            parity.run()
        except RuntimeError as error:
            print(f"FAIL {error}", flush=True)
            parity.failed += 1
    print(parity.cells)
    print(f"{parity.passed} passed, {parity.failed} failed", flush=True)
    return 1 if parity.failed else 0


if __name__ == "__main__":
    sys.exit(main())
