from __future__ import annotations

from pathlib import Path

import pytest

from sluice_spark.config import load_config
from sluice_spark.errors import ConfigError

REQUIRED = {"CHECKPOINT_LOCATION": "/var/lib/sluice/checkpoint"}


def problems_of(**env: str) -> list[str]:
    with pytest.raises(ConfigError) as error:
        load_config({**REQUIRED, **env})
    return error.value.problems


def test_defaults_are_those_of_the_other_apps() -> None:
    config = load_config(REQUIRED)
    assert config.kafka.brokers == ("127.0.0.1:9092",)
    assert (config.kafka.topic, config.kafka.dlq_topic) == ("user_records", "user_records.dlq")
    assert config.kafka.group_id == "spark-writer"
    assert config.cassandra.keyspace == "worldwide_users"
    assert config.registry is not None
    assert config.registry.url == "http://127.0.0.1:8081"
    assert config.max_clock_skew_ms == 3_600_000
    assert config.trigger_interval is None
    assert config.starting_offsets == "committed"


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(ConfigError) as error:
        load_config({"KAFKA_BROKERS": "broker", "METRICS_PORT": "70000", "MAX_CLOCK_SKEW": "soon", "TRIGGER": "often"})
    told = [problem.split(":")[0] for problem in error.value.problems]
    assert sorted(told) == ["CHECKPOINT_LOCATION", "KAFKA_BROKERS", "MAX_CLOCK_SKEW", "METRICS_PORT", "TRIGGER"]
    assert "\n  - KAFKA_BROKERS: needs brokers as host:port" in str(error.value)


@pytest.mark.parametrize(
    ("env", "about"),
    [
        ({"KAFKA_BROKERS": "kafka:9092,[::1]:9092"}, "KAFKA_BROKERS: takes no IPv6 addresses"),
        ({"ALLOWED_HOSTS": "spark-job:9466"}, "ALLOWED_HOSTS: needs host names without a port"),
        ({"KAFKA_TOPIC": "t" * 246}, "KAFKA_DLQ_TOPIC: needed with this KAFKA_TOPIC"),
        ({"KAFKA_DLQ_TOPIC": "user_records"}, "KAFKA_DLQ_TOPIC: needs another topic"),
        ({"KAFKA_SECURITY_PROTOCOL": "SASL_SSL", "KAFKA_SASL_USERNAME": "u"}, "KAFKA_SASL_PASSWORD: needed with"),
        ({"KAFKA_SSL_CERT": "pem"}, "KAFKA_SSL_CERT and KAFKA_SSL_KEY: both or neither"),
        ({"KAFKA_SSL_CERT": "pem", "KAFKA_SSL_KEY": "-----BEGIN RSA PRIVATE KEY-----"}, "KAFKA_SSL_KEY: needs a PEM"),
        ({"CASSANDRA_PASSWORD": "p"}, "CASSANDRA_USERNAME: needs the user"),
        ({"CASSANDRA_KEYSPACE": "a; DROP"}, "CASSANDRA_KEYSPACE: needs a keyspace name"),
        ({"SCHEMA_REGISTRY_USERNAME": "u"}, "SCHEMA_REGISTRY_USERNAME and SCHEMA_REGISTRY_PASSWORD: both"),
        ({"SCHEMA_REGISTRY_SSL_CA": "pem"}, "SCHEMA_REGISTRY_SSL_CA: has no use"),
        ({"STARTING_OFFSETS": "somewhere"}, "STARTING_OFFSETS: needs committed, earliest, latest"),
        ({"STARTING_OFFSETS": '{"0":-1}'}, "STARTING_OFFSETS: needs committed, earliest, latest"),
        ({"MAX_DEAD_LETTER_RATIO": "2"}, "MAX_DEAD_LETTER_RATIO: needs a number from 0 to 1"),
        ({"UNKNOWN_FIELDS": "pause"}, "UNKNOWN_FIELDS: the Spark job can only ignore them"),
    ],
)
def test_what_cannot_work_is_a_problem(env: dict[str, str], about: str) -> None:
    found = problems_of(**env)
    assert len(found) == 1
    assert found[0].startswith(about)


def test_a_password_in_the_registry_address_stays_out_of_the_message() -> None:
    assert "secret" not in str(problems_of(SCHEMA_REGISTRY_URL="http://user:secret@127.0.0.1:8081"))


def test_an_empty_registry_address_means_none() -> None:
    assert load_config({**REQUIRED, "SCHEMA_REGISTRY_URL": ""}).registry is None


def test_secrets_come_from_files_without_the_line_break_at_their_end(tmp_path: Path) -> None:
    file = tmp_path / "password"
    # the second as an editor of Windows saves it, with a byte order mark
    for content in (b"geheim \n", b"\xef\xbb\xbfgeheim \r\n"):
        file.write_bytes(content)
        config = load_config({**REQUIRED, "CASSANDRA_USERNAME": "u", "CASSANDRA_PASSWORD_FILE": str(file)})
        assert config.cassandra.password == "geheim "


def test_a_secret_that_is_there_twice_or_not_at_all_is_a_problem(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.touch()
    found = problems_of(
        CASSANDRA_USERNAME="u",
        CASSANDRA_PASSWORD="p",
        CASSANDRA_PASSWORD_FILE="/nowhere",
        KAFKA_SASL_PASSWORD_FILE=str(empty),
        SCHEMA_REGISTRY_TOKEN_FILE="/nowhere",
    )
    assert "CASSANDRA_PASSWORD and CASSANDRA_PASSWORD_FILE are both set: keep one" in found
    assert f"KAFKA_SASL_PASSWORD_FILE: {empty} is empty" in found
    assert "SCHEMA_REGISTRY_TOKEN_FILE: /nowhere cannot be read (No such file or directory)" in found


def test_no_secret_shows_in_the_text_of_the_configuration() -> None:
    env = {
        "CASSANDRA_USERNAME": "u",
        "CASSANDRA_PASSWORD": "secret-1",
        "KAFKA_SASL_PASSWORD": "secret-2",
        "SCHEMA_REGISTRY_TOKEN": "secret-3",
    }
    assert "secret" not in repr(load_config({**REQUIRED, **env}))


def test_offsets_and_intervals_are_read() -> None:
    config = load_config({**REQUIRED, "STARTING_OFFSETS": '{"0":12,"3":0}', "TRIGGER": "1.5s"})
    assert config.starting_offsets == {0: 12, 3: 0}
    assert config.trigger_interval == "1500 milliseconds"
