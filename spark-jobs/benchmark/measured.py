"""Runs a command and writes what it and every process below it have used. Arguments: a file, then the command. Linux only.

Spark is a JVM, a Python of the driver and Pythons of the workers, and not every one of them is waited for by its parent: those
that outlive it become children of this process, which waits for all of them.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import subprocess
import sys
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36


def main(file: str, command: list[str]) -> int:
    """The exit code of the command."""
    if ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError("the system does not hand over orphaned processes")
    code = subprocess.Popen(command).wait()  # noqa: S603 (the command that is to be measured)
    _wait_for_orphans()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    usage = {"cpuSeconds": used.ru_utime + used.ru_stime, "peakRssMb": used.ru_maxrss / 1024}
    Path(file).write_text(json.dumps(usage), "utf-8")
    return code


def _wait_for_orphans() -> None:
    while True:
        try:
            os.wait()
        except ChildProcessError:
            return


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
