"""One parity run: one topic, both writers, and what differs."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

from cassandra.cluster import Cluster, Session
from confluent_kafka import Message

from parity.compare import codes_of, compare_letters, compare_rows, letters_of, read_rows
from parity.plain_check import check_plain_job
from parity.records import INVALID, Produced, Record, changes, invalid_records, refused_records, vector_records
from parity.registry import register
from parity.services import PROJECT, ROOT, Environment, committed, random_user_server, run_app, run_spark
from parity.topic import allow_any_time, delete_topics, headers_of, produce, read_all
from sluice_spark.user_decoder import table_columns

VECTORS = ROOT / "libs" / "user-schema" / "vectors" / "messages.json"
WRITERS = ("ts", "spark")
SHOWN = 20


class Parity:
    """Counts what passed, and says what did not."""

    def __init__(self, env: Environment, records: int, say: Callable[[str], None]) -> None:
        """Makes names of its own, so that runs beside it do not meet."""
        self._records = records
        self._say = say
        self.name = f"parity_{uuid4().hex[:8]}"
        self._brokers = env["KAFKA_BROKERS"]
        self._registry = env["SCHEMA_REGISTRY_URL"]
        self._env = {**env, "KAFKA_TOPIC": self.name}
        self.passed = 0
        self.failed = 0
        self.cells = "no cells compared"

    def run(self) -> None:
        """Fills the topic, runs both writers, compares, and leaves nothing behind."""
        session = self._connect()
        plain = f"{self.name}_plain"
        try:
            for writer in WRITERS:
                run_app("stream-writer", "migrate", env=self._env_of(writer))
                # by which Cassandra refuses rows for their content: it indexes no text of more than 64 KiB
                session.execute(f"CREATE INDEX ON {self.name}_{writer}.user_records (city)", timeout=60)
            self._fill()
            self._write()
            self._compare(session)
            self.check("a plain job's rows", check_plain_job(self._env, plain, session))
        finally:
            for writer in (*WRITERS, "plain"):
                session.execute(f"DROP KEYSPACE IF EXISTS {self.name}_{writer}", timeout=60)
            session.cluster.shutdown()
            letters = [f"{self.name}.{writer}.dlq" for writer in WRITERS]
            delete_topics(self._brokers, [self.name, plain, f"{plain}.dlq", *letters])

    def check(self, what: str, problems: list[str]) -> None:
        """Passes without problems; else the first of them are told."""
        self.passed += not problems
        self.failed += bool(problems)
        self._say(f"{'FAIL' if problems else 'ok  '} {what}" + (f": {len(problems)} differences" if problems else ""))
        for problem in problems[:SHOWN]:
            self._say(f"     {problem}")

    def _fill(self) -> None:
        allow_any_time(self._brokers, self.name)
        share = round(self._records * 0.42)
        with random_user_server() as source:
            for message_format in ("json", "avro"):
                run_app(
                    "producer",
                    "run",
                    "--count",
                    str(share),
                    env={
                        **self._env_of("ts"),
                        "SOURCE_URL": source,
                        "SOURCE_RATE_LIMIT": "none",
                        "SOURCE_PAGE_SIZE": "1000",
                        "MESSAGE_FORMAT": message_format,
                    },
                )
        users = [_produced(message) for message in read_all(self._brokers, self.name)]
        now_ms = time.time_ns() // 1_000_000
        count = len(users) + produce(self._brokers, self.name, self._others(users, now_ms))
        nationalities = {json.loads(m.record.value or b"{}").get("nationality") for m in users if _is_json(m)}
        self._say(f"{count} records: {len(users)} users of {len(nationalities)} nationalities, JSON and Avro")

    def _others(self, users: list[Produced], now_ms: int) -> Iterator[Record]:
        vectors = json.loads(VECTORS.read_text("utf-8"))
        ids = {
            int(known): register(self._registry, f"{self.name}-{known}-value", schema)
            for known, schema in vectors["schemas"].items()
        }
        yield from vector_records(vectors, ids, now_ms)
        yield from invalid_records(now_ms)
        yield from refused_records(now_ms)
        yield from changes(users, now_ms)

    def _write(self) -> None:
        start = time.monotonic()
        run_app("stream-writer", "drain", "--json", env=self._env_of("ts"))
        self._say(f"stream-writer: {time.monotonic() - start:.1f} s")
        start = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="sluice-parity-") as folder:
            # several batches: what one of them supersedes must be so across two of them as well
            per_batch = str(max(500, self._records // 3))
            env = {
                **self._env_of("spark"),
                "CHECKPOINT_LOCATION": str(Path(folder) / "checkpoint"),
                "MAX_OFFSETS_PER_TRIGGER": per_batch,
            }
            run_spark(PROJECT / "src" / "user_records_stream.py", "--json", env=env)
        self._say(f"Spark job: {time.monotonic() - start:.1f} s")

    def _compare(self, session: Session) -> None:
        columns = list(table_columns())
        rows = [read_rows(session, f"{self.name}_{writer}", columns) for writer in WRITERS]
        compared, differences = compare_rows(rows[0], rows[1])
        self.check(f"{len(rows[0])} and {len(rows[1])} rows", differences)
        letters = [letters_of(read_all(self._brokers, f"{self.name}.{writer}.dlq")) for writer in WRITERS]
        self.check(f"{len(letters[0])} and {len(letters[1])} dead letters", compare_letters(letters[0], letters[1]))
        codes = codes_of(letters[0])
        expected = _expected_codes()
        missing = [f"no letter with the code {code}" for code in sorted(expected - codes)]
        self.check(f"letters of {len(codes)} codes", missing)
        positions = [committed(self._env_of(writer)) for writer in WRITERS]
        problems = [] if positions[0] == positions[1] else [f"the groups stand at {positions[0]} and {positions[1]}"]
        self.check("committed offsets", problems)
        self.cells = f"{compared} cells and write timestamps compared, {len(differences)} differences"

    def _env_of(self, writer: str) -> dict[str, str]:
        return {
            **self._env,
            "KAFKA_GROUP_ID": f"{self.name}.{writer}",
            "KAFKA_DLQ_TOPIC": f"{self.name}.{writer}.dlq",
            "CASSANDRA_KEYSPACE": f"{self.name}_{writer}",
        }

    def _connect(self) -> Session:
        points = self._env["CASSANDRA_CONTACT_POINTS"].split(",")
        cluster = Cluster(points, port=int(self._env["CASSANDRA_PORT"]), protocol_version=4, connect_timeout=30)
        session = cluster.connect()
        session.default_timeout = 60
        return session


def _produced(message: Message) -> Produced:
    headers = headers_of(message)
    timestamp = dict(headers)["sluice.write-timestamp"] or b""
    record = Record(message.key(), message.value(), headers, message.timestamp()[1])
    return Produced((message.key() or b"").decode(), record, int(timestamp))


def _is_json(user: Produced) -> bool:
    return (user.record.value or b"")[:1] == b"{"


def _expected_codes() -> set[str]:
    messages = json.loads(VECTORS.read_text("utf-8"))["messages"]
    golden = {message["expect"]["code"].rpartition(":")[2] for message in messages if "code" in message["expect"]}
    ours = {name for name in INVALID if name not in ("nan", "single quotes")}
    return (golden | ours | {"refused-row"}) - {"missing-timestamp"}
