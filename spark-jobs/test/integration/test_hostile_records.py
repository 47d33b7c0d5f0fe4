"""Records that are made to harm the job: those that it refuses, and one that no executor can hold."""

from __future__ import annotations

import json
from pathlib import Path

from confluent_kafka import Producer

from job_process import JobProcess
from parity.compare import letters_of, read_rows
from parity.services import run_app
from parity.topic import read_all
from place import Place, uuid_of
from sluice_spark.user_decoder import table_columns

LIMIT = 16 * 1024 * 1024
BOMB_BYTES = 400_000_000
"""Some kilobytes in the topic, and more than a JVM of 1 GB can read."""


def send(place: Place, *values: bytes) -> None:
    """All to one partition, compressed, each in a batch of its own."""
    options = {"bootstrap.servers": place.brokers, "compression.type": "zstd", "batch.num.messages": 1}
    producer = Producer({**options, "message.max.bytes": 1_000_000_000})
    for value in values:
        producer.produce(place.name, value, partition=0)
    assert producer.flush(300) == 0


def user(number: int) -> bytes:
    return json.dumps({"uuid": uuid_of(number).decode()}).encode()


def run_job(place: Place, tmp_path: Path, name: str, **env: str) -> tuple[int, str]:
    """Its exit code, and what it said last."""
    log = tmp_path / f"{name}.log"
    job = JobProcess({**place.env, "MAX_DECOMPRESSED_BATCH_BYTES": str(LIMIT), **env}, log)
    try:
        return job.end()[0], log.read_text("utf-8")
    finally:
        job.kill()


def codes(place: Place) -> list[bytes | None]:
    letters = letters_of(read_all(place.brokers, f"{place.name}.dlq"))
    return [dict(headers)["dlq.error.code"] for _key, (_record, _value, headers) in sorted(letters.items())]


def test_no_record_stops_the_job_but_one_that_memory_cannot_hold_which_the_stream_writer_passes(
    place: Place, tmp_path: Path
) -> None:
    run_app("stream-writer", "migrate", env=place.env)
    send(place, user(1), b" " * BOMB_BYTES, user(2))
    code, said = run_job(place, tmp_path, "unable")
    assert code == 1
    assert f"Spark cannot read {place.name}[0] from offset 0 to 2 (out of memory)" in said
    assert f"KAFKA_GROUP_ID={place.name}" in said

    run_app("stream-writer", "drain", env=place.env)
    assert codes(place) == [b"record-too-large"]

    deep = b'{"uuid":"%s","more":%s}' % (uuid_of(9), b"[" * 100_000)
    send(place, user(3), b'{"city":"%s"}' % (b"x" * (LIMIT + 1)), deep, user(4))
    producer = Producer(
        {"bootstrap.servers": place.brokers, "transactional.id": place.name, "transaction.timeout.ms": 900_000}
    )
    producer.init_transactions(60)
    producer.begin_transaction()
    producer.produce(place.name, user(0), partition=1)
    assert producer.flush(60) == 0
    code, said = run_job(place, tmp_path, "resumed", CHECKPOINT_LOCATION=str(tmp_path / "another"))
    producer.abort_transaction(60)
    assert code == 0, said[-2_000:]
    assert '"written": 2,' in said
    assert '"lag": 0, "held": 1' in said
    assert "an open transaction holds offsets back" in said
    assert codes(place) == [b"record-too-large", b"record-too-large", b"too-deep"]
    rows = read_rows(place.session, place.name, list(table_columns()))
    assert set(rows) == {uuid_of(number).decode() for number in (1, 2, 3, 4)}
