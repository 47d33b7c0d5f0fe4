"""Whether a plain job, as the original project has it, works with the producer's topic and our table."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from cassandra.cluster import Session

from parity.services import PROJECT, Environment, random_user_server, run_app, run_spark
from parity.topic import read_all

USERS = 200


def check_plain_job(env: Environment, topic: str, session: Session) -> list[str]:
    """Produces JSON users into a topic of its own, appends them with the plain job, and compares some cells."""
    env = {**env, "KAFKA_TOPIC": topic, "KAFKA_DLQ_TOPIC": f"{topic}.dlq", "CASSANDRA_KEYSPACE": topic}
    run_app("stream-writer", "migrate", env=env)
    with random_user_server() as source:
        run_app("producer", "run", "--count", str(USERS), env={**env, "SOURCE_URL": source, "MESSAGE_FORMAT": "json"})
    with tempfile.TemporaryDirectory(prefix="sluice-parity-") as folder:
        run_spark(PROJECT / "parity" / "plain_job.py", str(Path(folder) / "checkpoint"), env=env)
    wanted = {}
    for message in read_all(env["KAFKA_BROKERS"], topic):
        user = json.loads(message.value() or b"{}")
        wanted[user["uuid"]] = (user["age"], user["latitude"], user["city"], user["birthdate"])
    found = {}
    for row in session.execute(f"SELECT uuid, age, latitude, city, birthdate FROM {topic}.user_records"):  # noqa: S608
        instant = row.birthdate.isoformat(timespec="milliseconds") + "Z"
        found[str(row.uuid)] = (row.age, row.latitude, row.city, instant)
    return [f"user {uuid}" for uuid in sorted({*wanted, *found}) if wanted.get(uuid) != found.get(uuid)]
