"""The services of a parity run, and the programs that it runs against them."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

PROJECT = Path(__file__).parents[1]
ROOT = PROJECT.parent
NODE = [str(ROOT / "node_modules" / ".bin" / "node"), "--conditions=@sluice/source"]
JARS = PROJECT / "dist" / "jars"
GIVEN = ("KAFKA_BROKERS", "CASSANDRA_CONTACT_POINTS", "CASSANDRA_PORT", "SCHEMA_REGISTRY_URL")
PROGRAM_S = 900
READY_S = 30

Environment = Mapping[str, str]


@contextmanager
def services() -> Iterator[Environment]:
    """The addresses of Kafka, Cassandra and the registry: those of the environment, else services of our own."""
    if os.environ.get("SLUICE_TEST_STACK"):
        missing = [name for name in GIVEN if name not in os.environ]
        if missing:
            raise RuntimeError(f"SLUICE_TEST_STACK is set, and {', '.join(missing)} is not")
        yield {name: os.environ[name] for name in GIVEN}
        return
    program = subprocess.Popen(  # noqa: S603 (a program of ours)
        [*NODE, str(ROOT / "libs" / "test-kit" / "src" / "run-stack.ts"), "kafka", "cassandra", "schema-registry"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        line = program.stdout.readline() if program.stdout else ""
        if not line:
            raise RuntimeError("the services did not start, see above")
        yield json.loads(line)
    finally:
        if program.stdin:
            program.stdin.close()
        program.wait()


@contextmanager
def random_user_server() -> Iterator[str]:
    """The address of a source of users of every nationality."""
    port = free_port()
    main = ROOT / "apps" / "random-user-server" / "src" / "main.ts"
    program = subprocess.Popen(  # noqa: S603 (a program of ours)
        [*NODE, str(main), "serve", "--host", "127.0.0.1", "--port", str(port)], stderr=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}/api/"
    try:
        _until_answers(f"{url}?results=1")
        yield url
    finally:
        program.terminate()
        program.wait()


def run_app(app: str, *arguments: str, env: Environment) -> str:
    """Runs one of the TypeScript apps; what it prints. Its log is shown where it fails."""
    main = ROOT / "apps" / app / "src" / "main.ts"
    return _run([*NODE, str(main), *arguments], {**os.environ, **env, "METRICS_PORT": "0", "LOG_LEVEL": "warn"})


def committed(env: Environment) -> dict[int, int | None]:
    """Where the group of this environment stands, by partition."""
    report = json.loads(run_app("stream-writer", "offsets", "--json", env=env))
    return {entry["partition"]: entry["committed"] for entry in report["partitions"]}


def run_spark(program: Path, *arguments: str, env: Environment) -> str:
    """Submits a program to a local Spark; what it prints."""
    return _run([*spark_submit(), str(program), *arguments], {**spark_environment(), **env})


def spark_submit(master: str = "local[2]") -> list[str]:
    """The command that submits a program, to a local Spark or to another one on this machine."""
    jars = sorted(JARS.glob("*.jar"))
    if not jars:
        raise RuntimeError(f"there are no jars in {JARS}: run `npx nx run spark-jobs:build`")
    # what the better compiler of the JVM costs, a short run does not win back
    java = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
    options = ["--master", master, "--driver-memory", "1g", "--driver-java-options", java]
    options += ["--conf", f"spark.executorEnv.PYTHONPATH={PROJECT / 'src'}"]
    return [str(Path(sys.executable).with_name("spark-submit")), *options, "--jars", ",".join(map(str, jars))]


def spark_environment() -> dict[str, str]:
    """What a local Spark needs in its environment."""
    kept = {name: value for name, value in os.environ.items() if name != "SPARK_HOME"}
    return {
        **kept,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', '')}",
        "PYSPARK_PYTHON": sys.executable,
        "PYTHONPATH": str(PROJECT / "src"),
        "SPARK_CONF_DIR": str(PROJECT / "conf"),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "METRICS_PORT": "0",
    }


def free_port() -> int:
    """A port that no one listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _run(command: list[str], env: Environment) -> str:
    done = subprocess.run(  # noqa: S603 (programs of ours)
        command, env=env, capture_output=True, text=True, timeout=PROGRAM_S, check=False
    )
    if done.returncode != 0:
        name = Path(next(part for part in reversed(command) if part.endswith((".ts", ".py")))).name
        raise RuntimeError(f"{name} ended with {done.returncode}:\n{(done.stdout + done.stderr)[-4_000:]}")
    return done.stdout


def _until_answers(url: str) -> None:
    deadline = time.monotonic() + READY_S
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 (an address of ours)
                answer.read()
                return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
