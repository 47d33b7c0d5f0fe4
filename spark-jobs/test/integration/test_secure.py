"""The job with servers that ask for TLS, passwords and certificates, and give its principal no more rights than it needs."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Producer

from job_process import JobProcess
from parity.services import NODE
from place import uuid_of
from sluice_spark.cassandra_session import connect
from sluice_spark.cli import main
from sluice_spark.config import load_config
from sluice_spark.kafka_clients import librdkafka_options

USERS, DELETED, INVALID = 500, 10, 5
NOTHING = {"CHECKPOINT_LOCATION": "/c", "SCHEMA_REGISTRY_URL": "", "METRICS_PORT": "0"}

Principals = dict[str, dict[str, str]]


@pytest.fixture(scope="module")
def principals() -> Iterator[Principals]:
    """The environment of each principal."""
    program = subprocess.Popen(  # noqa: S603 (a program of ours)
        [*NODE, str(Path(__file__).with_name("secure-stack.mjs"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        line = program.stdout.readline() if program.stdout else ""
        assert line, "the services did not start, see above"
        yield {name: {**NOTHING, **env} for name, env in json.loads(line).items()}
    finally:
        if program.stdin:
            program.stdin.close()
        program.wait()


def publish(env: dict[str, str]) -> None:
    config = load_config(env).kafka
    producer = Producer(librdkafka_options(config))
    now = time.time_ns() // 1_000_000
    for number in range(USERS):
        value = json.dumps({"uuid": uuid_of(number).decode()})
        producer.produce(config.topic, key=uuid_of(number), value=value, timestamp=now)
    for number in range(INVALID):
        producer.produce(config.topic, key=uuid_of(number), value="no JSON", timestamp=now)
    for number in range(DELETED):
        producer.produce(config.topic, key=uuid_of(number), value=None, timestamp=now + 1)
    assert producer.flush(30) == 0


def test_the_rights_of_its_principal_are_all_that_the_job_needs(principals: Principals, tmp_path: Path) -> None:
    publish(principals["producer"])
    env = {**principals["spark"], "CHECKPOINT_LOCATION": str(tmp_path / "checkpoint")}
    log = tmp_path / "job.log"
    job = JobProcess(env, log)
    try:
        code, summary = job.end()
    finally:
        job.kill()
    assert code == 0, log.read_text("utf-8")[-2_000:]
    assert (summary["written"], summary["deadLettered"]) == (USERS, INVALID)
    session = connect(load_config(principals["audit"]).cassandra)
    rows = session.execute("SELECT uuid FROM worldwide_users.user_records").all()
    session.cluster.shutdown()
    assert len(rows) == USERS - DELETED
    said = log.read_text("utf-8")
    assert not [name for name, value in env.items() if name.endswith(("PASSWORD", "KEY")) and value in said]


@pytest.mark.parametrize(
    ("changed", "about"),
    [
        ({"KAFKA_SASL_PASSWORD": "wrong"}, "refuses user spark"),
        ({"KAFKA_SECURITY_PROTOCOL": "PLAINTEXT"}, "Kafka at "),
        ({"CASSANDRA_PASSWORD": "wrong"}, "AuthenticationFailed"),
        ({"CASSANDRA_TLS_CERT": "", "CASSANDRA_TLS_KEY": ""}, "Cassandra at "),
        ({"CASSANDRA_TLS_SERVERNAME": "another"}, "certificate is not valid for 'another'"),
    ],
    ids=["password of Kafka", "plain Kafka", "password of Cassandra", "certificate", "name in the certificate"],
)
def test_what_a_server_refuses_is_named(
    principals: Principals,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    changed: dict[str, str],
    about: str,
) -> None:
    for name, value in {**principals["spark"], **changed}.items():
        monkeypatch.setenv(name, value)
    assert main([]) == 1
    said = capsys.readouterr().err
    assert about in said
    assert principals["spark"]["KAFKA_SASL_PASSWORD"] not in said
