"""The job on real services, handed over, killed, stopped and repeated. A Spark session is dear: one story has them all."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from job_process import JobProcess
from parity.compare import letters_of, read_rows
from parity.records import Record
from parity.services import Environment, committed, run_app
from parity.topic import produce, read_all
from place import Place, uuid_of
from sluice_spark.cli import main
from sluice_spark.user_decoder import table_columns

USERS, DELETED, INVALID = 3_000, 50, 40
HANDED_OVER = 300


def records() -> Iterator[Record]:
    now = time.time_ns() // 1_000_000
    for number in range(USERS):
        uuid = uuid_of(number)
        yield Record(uuid, json.dumps({"uuid": uuid.decode(), "age": number % 90}).encode(), [], now)
        if number % (USERS // INVALID) == 0:
            yield Record(uuid, b"no JSON", [("trace", b"\x00\xff"), ("trace", None)], now + 1)
    for number in range(DELETED):
        yield Record(uuid_of(number), None, [], now + 2)


def test_nothing_is_lost_by_a_kill_or_a_stop_and_a_replay_changes_nothing(place: Place, tmp_path: Path) -> None:
    run_app("stream-writer", "migrate", env=place.env)
    every = list(records())
    produce(place.brokers, place.name, every[:HANDED_OVER])
    run_app("stream-writer", "drain", env=place.env)
    sent = HANDED_OVER + produce(place.brokers, place.name, every[HANDED_OVER:])
    serve = {**place.env, "TRIGGER": "1s", "MAX_OFFSETS_PER_TRIGGER": "1200"}

    killed = JobProcess(serve, tmp_path / "killed.log")
    try:
        # the first batch is noted in the checkpoint by then; the second may be, or is done again
        killed.wait_for(lambda line: line["msg"] == "batch settled" and line["batch"] == 1)
    finally:
        killed.kill()

    stopped = JobProcess(serve, tmp_path / "stopped.log")
    try:
        stopped.wait_for(lambda line: line["msg"] == "batch settled" and line["lag"] == 0)
        stopped.terminate()
        code, summary = stopped.end()
    finally:
        stopped.kill()
    assert code == 0
    assert 0 < summary["written"] < USERS + DELETED - 1_000, "it went on where the killed one was"
    first = next(line for line in killed.lines if line["msg"] == "batch settled")
    assert first["lag"] == sent - HANDED_OVER - first["records"], "it went on where the stream-writer was"
    drained = json.loads(run_app("stream-writer", "drain", "--json", env=place.env))
    assert (drained["written"], drained["deadLettered"]) == (0, 0), "the stream-writer goes on where the job ended"

    rows = read_rows(place.session, place.name, list(table_columns()))
    assert set(rows) == {uuid_of(number).decode() for number in range(DELETED, USERS)}
    letters = read_all(place.brokers, f"{place.name}.dlq")
    assert len(letters_of(letters)) == INVALID
    positions = committed(place.env)
    assert sum(offset or 0 for offset in positions.values()) == sent

    replay = {**place.env, "STARTING_OFFSETS": "earliest", "CHECKPOINT_LOCATION": str(tmp_path / "another")}
    replayed = JobProcess(replay, tmp_path / "replayed.log")
    try:
        code, summary = replayed.end()
    finally:
        replayed.kill()
    assert code == 0
    assert (summary["written"], summary["deadLettered"]) == (USERS, INVALID)
    assert summary["written"] + summary["deduplicated"] + summary["deadLettered"] == sent
    assert read_rows(place.session, place.name, list(table_columns())) == rows
    again = read_all(place.brokers, f"{place.name}.dlq")
    assert len(again) == len(letters) + INVALID
    assert letters_of(again) == letters_of(letters)
    assert committed(place.env) == positions
    assert "no JSON" not in "".join(log.read_text("utf-8") for log in tmp_path.glob("*.log"))


def run_refused(env: Environment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    """Runs the job in this process, to the exit code 1; what it says. It is refused before there is a session."""
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert main([]) == 1
    return capsys.readouterr().err


def test_topics_and_tables_that_are_missing_name_the_command(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = run_refused(place.env, monkeypatch, capsys)
    assert f"missing in Kafka: topic {place.name} and {place.name}.dlq. Run `npx nx run stream-writer:migrate`" in said
    run_app("stream-writer", "migrate", env=place.env)
    place.session.execute(f"DROP TABLE {place.name}.user_records", timeout=60)
    said = run_refused(place.env, monkeypatch, capsys)
    assert f"there is no table {place.name}.user_records. Run `npx nx run stream-writer:migrate`" in said


def test_a_table_of_texts_is_refused(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run_app("stream-writer", "migrate", env=place.env)
    place.session.execute(f"DROP TABLE {place.name}.user_records", timeout=60)
    texts = ", ".join(f"{name} text" for name in table_columns() if name != "uuid")
    place.session.execute(f"CREATE TABLE {place.name}.user_records (uuid uuid PRIMARY KEY, {texts})", timeout=60)
    said = run_refused(place.env, monkeypatch, capsys)
    assert "has columns of other types than the schema: latitude text (not double)" in said
    assert "let the stream-writer write this table" in said


@pytest.mark.parametrize(
    ("setting", "address", "about"),
    [
        ("KAFKA_BROKERS", "127.0.0.1:1", "Kafka at 127.0.0.1:1 does not answer"),
        ("CASSANDRA_PORT", "1", "Cassandra at 127.0.0.1:1 does not answer"),
    ],
)
def test_a_server_that_is_away_is_named(
    place: Place,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    setting: str,
    address: str,
    about: str,
) -> None:
    run_app("stream-writer", "migrate", env=place.env)
    said = run_refused({**place.env, setting: address}, monkeypatch, capsys)
    assert about in said
    assert "infra:up" in said
