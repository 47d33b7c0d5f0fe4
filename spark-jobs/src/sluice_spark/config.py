"""The configuration of the job, from the environment, by the names that every app of the pipeline has."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from sluice_spark.cassandra_tls import CassandraTls
from sluice_spark.registry_transport import RegistrySettings
from sluice_spark.settings import (
    SettingsReader,
    brokers,
    duration,
    host_names,
    hosts,
    integer,
    matching,
    one_of,
    share,
)

TABLE = "user_records"

SETTINGS_HELP = """\
Settings come from the environment (defaults in brackets); any secret may be given as NAME_FILE:
  KAFKA_BROKERS [127.0.0.1:9092]          KAFKA_TOPIC [user_records]
  KAFKA_DLQ_TOPIC [<topic>.dlq]           KAFKA_GROUP_ID [spark-writer] that end offsets are committed to
  KAFKA_SECURITY_PROTOCOL [PLAINTEXT]     KAFKA_SASL_MECHANISM [SCRAM-SHA-512], _USERNAME, _PASSWORD
  KAFKA_SSL_CA, _CERT, _KEY (PEM; the key as PKCS #8)
  CASSANDRA_CONTACT_POINTS [127.0.0.1]    CASSANDRA_PORT [9042]
  CASSANDRA_LOCAL_DATACENTER [datacenter1]  CASSANDRA_KEYSPACE [worldwide_users]
  CASSANDRA_USERNAME, CASSANDRA_PASSWORD
  CASSANDRA_TLS_CA, _CERT, _KEY (PEM; the key as PKCS #8)  CASSANDRA_TLS_SERVERNAME
  SCHEMA_REGISTRY_URL [http://127.0.0.1:8081] empty: none, and Avro messages are dead letters
  SCHEMA_REGISTRY_USERNAME, _PASSWORD     SCHEMA_REGISTRY_TOKEN
  SCHEMA_REGISTRY_SSL_CA (PEM)            MAX_CLOCK_SKEW [1h]
  CHECKPOINT_LOCATION                     required: a folder that outlives the job, which every executor reaches
  STARTING_OFFSETS [committed] | earliest | latest | {"0":12,"1":0}: where a new checkpoint begins
                                          (committed: where the group stands, or the first record)
  OFFSET_OUT_OF_RANGE [fail] | earliest | latest: where the next records were deleted, or
                                          their topic was recreated
  TRIGGER [availableNow] | 10s            up to the current end of the topic, or a batch every 10 s until stopped
  MAX_OFFSETS_PER_TRIGGER [100000]        records of one batch, at most
  MAX_DECOMPRESSED_BATCH_BYTES [67108864] a record with a larger value is a dead letter (record-too-large);
                                          less where executors have little memory
  MAX_DEAD_LETTER_RATIO [0.5]             more of the last 1,000 records end the job; 1: any number
  METRICS_HOST [127.0.0.1]                METRICS_PORT [9466]
  ALLOWED_HOSTS [none]                    names that metrics are read by beside IP addresses and localhost
  LOG_LEVEL [info]
What Spark itself takes (master, memory, spark.cassandra.* and so on) goes to spark-submit.
Exit codes: 0 success, 1 failure, 78 configuration that is not valid."""


@dataclass(frozen=True)
class KafkaConfig:
    """How to reach the brokers, and what to read and write there."""

    brokers: tuple[str, ...]
    topic: str
    dlq_topic: str
    group_id: str
    security_protocol: str
    sasl_mechanism: str
    sasl_username: str | None
    sasl_password: str | None = field(repr=False)
    ssl_ca: str | None
    ssl_cert: str | None
    ssl_key: str | None = field(repr=False)


@dataclass(frozen=True)
class CassandraConfig:
    """How to reach the cluster, and the keyspace of the table `user_records`."""

    contact_points: tuple[str, ...]
    port: int
    local_datacenter: str
    keyspace: str
    username: str | None
    password: str | None = field(repr=False)
    tls: CassandraTls | None = None
    """None: connections are plain."""


@dataclass(frozen=True)
class JobConfig:
    """Everything that the job is told."""

    kafka: KafkaConfig
    cassandra: CassandraConfig
    registry: RegistrySettings | None
    """None: there is none, and Avro messages are refused."""
    checkpoint_location: str
    starting_offsets: str | dict[int, int]
    """`committed`, `earliest`, `latest`, or offsets by partition. Only where the checkpoint is new."""
    offset_out_of_range: str
    """`fail`, `earliest` or `latest`: where records that come next were deleted, or the topic was deleted and created again."""
    trigger_interval: str | None
    """As Spark reads it. None: up to the end of the topic as of the start (availableNow)."""
    max_offsets_per_trigger: int
    max_decompressed_batch_bytes: int
    """Of a value: longer ones are not decoded. The name is that of the stream-writer, which limits batches."""
    max_clock_skew_ms: int
    max_dead_letter_ratio: float
    metrics_host: str
    metrics_port: int
    allowed_hosts: tuple[str, ...]
    """In lower case, see `allowed_hosts.py`."""
    log_level: str


def load_config(env: Mapping[str, str]) -> JobConfig:
    """Reads the configuration; raises ConfigError that names every problem."""
    read = SettingsReader(env)
    kafka = _kafka(read)
    cassandra = _cassandra(read)
    registry = _registry(read)
    checkpoint = read.text("CHECKPOINT_LOCATION")
    if checkpoint is None:
        read.problems.append(
            "CHECKPOINT_LOCATION: needed, a folder that outlives the job, such as /var/lib/sluice/checkpoint or s3a://..."
        )
    if read.text("UNKNOWN_FIELDS", "ignore") != "ignore":
        read.problems.append("UNKNOWN_FIELDS: the Spark job can only ignore them; the stream-writer knows pause")
    config = JobConfig(
        kafka=kafka,
        cassandra=cassandra,
        registry=registry,
        checkpoint_location=checkpoint or "",
        starting_offsets=_starting_offsets(read),
        offset_out_of_range=read.parsed("OFFSET_OUT_OF_RANGE", "fail", one_of("fail", "earliest", "latest")),
        trigger_interval=read.parsed("TRIGGER", None, _trigger),
        max_offsets_per_trigger=read.parsed("MAX_OFFSETS_PER_TRIGGER", 100_000, integer(1, 1_000_000_000)),
        max_decompressed_batch_bytes=read.parsed(
            "MAX_DECOMPRESSED_BATCH_BYTES", 64 * 1024 * 1024, integer(16 * 1024 * 1024, 512 * 1024 * 1024)
        ),
        max_clock_skew_ms=read.parsed("MAX_CLOCK_SKEW", 3_600_000, duration),
        max_dead_letter_ratio=read.parsed("MAX_DEAD_LETTER_RATIO", 0.5, share),
        metrics_host=read.text("METRICS_HOST") or "127.0.0.1",
        metrics_port=read.parsed("METRICS_PORT", 9466, integer(0, 65_535)),
        allowed_hosts=tuple(read.parsed("ALLOWED_HOSTS", [], host_names)),
        log_level=read.parsed("LOG_LEVEL", "info", one_of("debug", "info", "warn", "error", "silent")),
    )
    read.raise_problems()
    return config


def _kafka(read: SettingsReader) -> KafkaConfig:
    name = matching(
        r"(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}", "needs 1 to 249 letters, digits, dots, underscores or hyphens"
    )
    topic = read.parsed("KAFKA_TOPIC", "user_records", name)
    config = KafkaConfig(
        brokers=tuple(read.parsed("KAFKA_BROKERS", ["127.0.0.1:9092"], brokers)),
        topic=topic,
        dlq_topic=read.parsed("KAFKA_DLQ_TOPIC", f"{topic}.dlq", name),
        group_id=read.text("KAFKA_GROUP_ID") or "spark-writer",
        security_protocol=read.parsed(
            "KAFKA_SECURITY_PROTOCOL", "PLAINTEXT", one_of("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
        ),
        sasl_mechanism=read.parsed(
            "KAFKA_SASL_MECHANISM", "SCRAM-SHA-512", one_of("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
        ),
        sasl_username=read.text("KAFKA_SASL_USERNAME"),
        sasl_password=read.text("KAFKA_SASL_PASSWORD"),
        ssl_ca=read.text("KAFKA_SSL_CA"),
        ssl_cert=read.text("KAFKA_SSL_CERT"),
        ssl_key=read.text("KAFKA_SSL_KEY"),
    )
    if config.topic == config.dlq_topic:
        # dead letters would come back as records, without end
        read.problems.append("KAFKA_DLQ_TOPIC: needs another topic than KAFKA_TOPIC")
    if len(config.dlq_topic) > 249:
        read.problems.append(
            "KAFKA_DLQ_TOPIC: needed with this KAFKA_TOPIC, whose name with .dlq behind it has more than 249 characters"
        )
    if config.security_protocol.startswith("SASL"):
        for setting, value in (
            ("KAFKA_SASL_USERNAME", config.sasl_username),
            ("KAFKA_SASL_PASSWORD", config.sasl_password),
        ):
            if not value:
                read.problems.append(f"{setting}: needed with KAFKA_SECURITY_PROTOCOL={config.security_protocol}")
    if bool(config.ssl_cert) != bool(config.ssl_key):
        read.problems.append("KAFKA_SSL_CERT and KAFKA_SSL_KEY: both or neither")
    if config.ssl_key and "BEGIN PRIVATE KEY" not in config.ssl_key:
        # the JVM's client, which reads the topic, knows no other form
        read.problems.append("KAFKA_SSL_KEY: needs a PEM key in PKCS #8, which begins with BEGIN PRIVATE KEY")
    return config


def _cassandra(read: SettingsReader) -> CassandraConfig:
    config = CassandraConfig(
        contact_points=tuple(read.parsed("CASSANDRA_CONTACT_POINTS", ["127.0.0.1"], hosts)),
        port=read.parsed("CASSANDRA_PORT", 9042, integer(0, 65_535)),
        local_datacenter=read.text("CASSANDRA_LOCAL_DATACENTER") or "datacenter1",
        keyspace=read.parsed(
            "CASSANDRA_KEYSPACE",
            "worldwide_users",
            matching(
                r"[a-zA-Z]\w{0,47}", "needs a keyspace name: a letter, then up to 47 letters, digits or underscores"
            ),
        ),
        username=read.text("CASSANDRA_USERNAME"),
        password=read.text("CASSANDRA_PASSWORD"),
        tls=_cassandra_tls(read),
    )
    if config.password and not config.username:
        read.problems.append("CASSANDRA_USERNAME: needs the user of CASSANDRA_PASSWORD")
    return config


def _cassandra_tls(read: SettingsReader) -> CassandraTls | None:
    ca, cert, key = (read.text(f"CASSANDRA_TLS_{name}") for name in ("CA", "CERT", "KEY"))
    servername = read.text("CASSANDRA_TLS_SERVERNAME")
    if bool(cert) != bool(key):
        read.problems.append("CASSANDRA_TLS_CERT and CASSANDRA_TLS_KEY: both or neither")
    if not ca:
        for name, value in (("CERT", cert), ("SERVERNAME", servername)):
            if value:
                read.problems.append(f"CASSANDRA_TLS_CA: needed with CASSANDRA_TLS_{name}")
        return None
    if key and "BEGIN PRIVATE KEY" not in key:
        # the JVM's driver knows no other form
        read.problems.append("CASSANDRA_TLS_KEY: needs a PEM key in PKCS #8, which begins with BEGIN PRIVATE KEY")
    return CassandraTls(ca, cert, key, servername)


def _registry(read: SettingsReader) -> RegistrySettings | None:
    url = read.text("SCHEMA_REGISTRY_URL", "http://127.0.0.1:8081", empty_is_a_value=True) or ""
    username, password = read.text("SCHEMA_REGISTRY_USERNAME"), read.text("SCHEMA_REGISTRY_PASSWORD")
    token, ssl_ca = read.text("SCHEMA_REGISTRY_TOKEN"), read.text("SCHEMA_REGISTRY_SSL_CA")
    if url != "":
        problem = _address_problem(url)
        if problem:
            read.problems.append(f"SCHEMA_REGISTRY_URL: {problem}")
    if username and ":" in username:
        read.problems.append("SCHEMA_REGISTRY_USERNAME: must not contain a colon")
    if bool(username) != bool(password):
        read.problems.append("SCHEMA_REGISTRY_USERNAME and SCHEMA_REGISTRY_PASSWORD: both or neither")
    if token and not re.fullmatch(r"[\x21-\x7e]+", token):
        read.problems.append("SCHEMA_REGISTRY_TOKEN: needs one word of visible ASCII characters")
    if token and username:
        read.problems.append("SCHEMA_REGISTRY_TOKEN and SCHEMA_REGISTRY_USERNAME are both set: keep one")
    if ssl_ca and url.startswith("http:"):
        read.problems.append("SCHEMA_REGISTRY_SSL_CA: has no use with an http address in SCHEMA_REGISTRY_URL")
    return RegistrySettings(url, username, password, token, ssl_ca) if url else None


def _address_problem(url: str) -> str | None:
    # the address stays out of the message: it may hold a password
    needs = "needs an address such as http://127.0.0.1:8081, or nothing for no registry"
    try:
        parts = urlsplit(url)
    except ValueError:
        return needs
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        return needs
    if parts.username or parts.password:
        return "must not hold a user or password: set SCHEMA_REGISTRY_USERNAME and SCHEMA_REGISTRY_PASSWORD"
    return None


def _starting_offsets(read: SettingsReader) -> str | dict[int, int]:
    committed: str | dict[int, int] = "committed"
    return read.parsed("STARTING_OFFSETS", committed, _parse_starting_offsets)


def _parse_starting_offsets(text: str) -> str | dict[int, int]:
    if text in ("committed", "earliest", "latest"):
        return text
    needs = 'needs committed, earliest, latest, or offsets by partition such as {"0":12,"1":0}'
    try:
        offsets = json.loads(text)
    except ValueError:
        raise ValueError(needs) from None
    if not isinstance(offsets, dict) or not offsets:
        raise ValueError(needs)
    if not all(key.isdecimal() and type(offset) is int and offset >= 0 for key, offset in offsets.items()):
        raise ValueError(needs)
    return {int(key): offset for key, offset in offsets.items()}


def _trigger(text: str) -> str | None:
    if text == "availableNow":
        return None
    try:
        return f"{duration(text)} milliseconds"
    except ValueError:
        raise ValueError("needs availableNow, or an interval such as 500ms, 10s or 1m") from None
