"""The job on a standalone cluster whose processes are killed amid a batch."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

from gate import gate_before
from job_process import JobProcess
from parity.compare import letters_of, read_rows
from parity.records import Record
from parity.registry import register
from parity.services import committed, run_app
from parity.topic import produce, read_all
from place import Place, uuid_of
from sluice_spark.user_decoder import table_columns
from spark_cluster import kill, spark_cluster
from vectors import LIBS

USERS, INVALID = 2_000, 20
SLOWLY = {"spark.cassandra.output.throughputMBPerSec": "0.005"}
"""So that the rows of the batch take seconds: a task writes two hundred a second."""
USER = json.loads((LIBS / "user-schema" / "avro" / "user-record.avsc").read_text("utf-8"))


def records(schema_id: int) -> Iterator[Record]:
    """One batch, whose decoding asks the registry."""
    now = time.time_ns() // 1_000_000
    fields = [b"\x48" + uuid_of(0) if field["name"] == "uuid" else b"\0" for field in USER["fields"]]
    yield Record(uuid_of(0), b"".join((b"\0", schema_id.to_bytes(4), *fields)), [], now)
    for number in range(1, USERS):
        yield Record(uuid_of(number), json.dumps({"uuid": uuid_of(number).decode()}).encode(), [], now)
    for number in range(INVALID):
        yield Record(uuid_of(number), b"no JSON", [], now + 1)


def test_a_batch_outlives_the_pythons_and_the_executor_that_run_it(place: Place, tmp_path: Path) -> None:
    run_app("stream-writer", "migrate", env=place.env)
    registry = place.env["SCHEMA_REGISTRY_URL"]
    sent = produce(place.brokers, place.name, records(register(registry, f"{place.name}-value", USER)))

    def written() -> int:
        count: int = place.session.execute(f"SELECT count(*) FROM {place.name}.user_records").one()[0]  # noqa: S608
        return count

    log = tmp_path / "job.log"
    with spark_cluster() as cluster, gate_before(registry) as gate:
        env = {**place.env, "SCHEMA_REGISTRY_URL": gate.url}
        job = JobProcess(env, log, cluster, SLOWLY)
        try:
            job.until(gate.reached.is_set)
            kill(cluster.python_workers())
            gate.opened.set()
            some = job.until(written)
            (executor,) = cluster.executors()
            kill({executor})
            assert some < USERS, "it was killed while it wrote"
            job.until(lambda: cluster.executors() - {executor})
            code, summary = job.end()
        finally:
            job.kill()

    assert code == 0
    assert (summary["written"], summary["deadLettered"]) == (USERS, INVALID)
    assert "one by one" not in log.read_text("utf-8"), "Cassandra takes batches of rows with nothing but a key"
    rows = read_rows(place.session, place.name, list(table_columns()))
    assert set(rows) == {uuid_of(number).decode() for number in range(USERS)}
    # both were killed before a letter was sent: none is there twice
    letters = read_all(place.brokers, f"{place.name}.dlq")
    assert (len(letters), len(letters_of(letters))) == (INVALID, INVALID)
    assert sum(offset or 0 for offset in committed(place.env).values()) == sent
