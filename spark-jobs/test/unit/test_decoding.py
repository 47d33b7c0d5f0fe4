from __future__ import annotations

import json
import pickle
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import Any

import pyarrow as pa
import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame, Row, SparkSession

from sluice_spark.config import load_config
from sluice_spark.decoding import DecoderSettings, _decode_batch, decode_batches, newest_per_key, output_schema
from sluice_spark.kafka_source import limited
from sluice_spark.message_decoder import Decoded, Message, MessageDecoder
from sluice_spark.registry_transport import RegistryError, RegistrySettings
from sluice_spark.schemas import row_schema
from sluice_spark.spark_session import session_defaults

UUID = "7a0eed16-9430-4d68-901f-c0d4c1c3bf00"
NOW_MS = 1_700_000_000_000
#: Microseconds.
THEN = 1_600_000_000_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
KAFKA = (
    "key binary, value binary, topic string, partition int, offset long, timestamp timestamp, timestampType int, "
    "headers array<struct<key string, value binary>>, value_length int, value_sha256 string"
)


def record(offset: int, key: str | None, value: Any, **rest: Any) -> tuple[Any, ...]:
    """A row of a Kafka source; `value` is JSON, bytes as they are, or None for a tombstone."""
    encoded = value if isinstance(value, bytes) or value is None else json.dumps(value).encode()
    headers = rest.get("headers")
    return (
        key and key.encode(),
        encoded and bytearray(encoded),
        "users",
        rest.get("partition", 0),
        offset,
        EPOCH + timedelta(milliseconds=rest.get("timestamp", NOW_MS)),
        0,
        headers,
        None,
        None,
    )


def decode(spark: SparkSession, records: list[tuple[Any, ...]], settings: DecoderSettings | None = None) -> DataFrame:
    def batches(given: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        return decode_batches(given, settings or DecoderSettings(NOW_MS))

    return spark.createDataFrame(records, KAFKA).coalesce(1).mapInArrow(batches, output_schema())


def written(micros: int) -> tuple[str, bytes | None]:
    return "sluice.write-timestamp", str(THEN + micros).encode()


def only(frame: DataFrame) -> Row:
    (row,) = frame.collect()
    return row


def test_an_upsert_has_every_column_of_the_table(spark: SparkSession) -> None:
    user = {"uuid": UUID.upper(), "first_name": "Zoë", "email": "z@A.FI", "age": "30", "latitude": 1, "postcode": 501}
    user |= {"registered_date": "1969-12-31T23:59:59.999Z"}
    headers = [written(1), ("other", None), written(2)]
    frame = decode(spark, [record(12, UUID, user, partition=3, headers=headers)])
    row = only(frame)
    assert frame.schema == output_schema()
    assert (row["kind"], row["row_key"], row["wt"], row["version_offset"]) == ("upsert", UUID, THEN + 2, 12)
    assert (row["uuid"], row["first_name"], row["last_name"], row["age"]) == (UUID, "Zoë", None, 30)
    assert (row["latitude"], row["postcode"], row["email_domain"], row["age_group"]) == (1.0, "501", "a.fi", "25-34")
    assert (row["source_partition"], row["source_offset"], row["error_code"]) == (3, 12, None)
    times = only(frame.selectExpr("unix_millis(event_time)", "unix_millis(registered_date)", "birthdate"))
    assert tuple(times) == (NOW_MS, -1, None)


def test_a_letter_keeps_the_record_byte_for_byte(spark: SparkSession) -> None:
    headers = [("a", b"\xff"), ("a", None), ("b", b"")]
    row = only(decode(spark, [record(7, "\x00key", b'{"uuid":\xff', partition=1, headers=headers)]))
    assert (row["kind"], row["row_key"], row["wt"], row["uuid"]) == ("letter", None, None, None)
    assert (row["error_stage"], row["error_code"]) == ("decode", "invalid-utf8")
    assert row["error_message"] == "invalid-utf8: the value is not valid UTF-8"
    assert (bytes(row["key"]), bytes(row["value"])) == (b"\x00key", b'{"uuid":\xff')
    assert [tuple(header) for header in row["headers"]] == headers
    assert (row["topic"], row["partition"], row["offset"]) == ("users", 1, 7)
    assert row["timestamp"].timestamp() * 1000 == NOW_MS


def test_the_outermost_timestamps_are_kept_to_the_millisecond(spark: SparkSession) -> None:
    user = {"uuid": UUID, "birthdate": "0001-01-01", "registered_date": "9999-12-31T23:59:59.999999Z"}
    frame = decode(spark, [record(0, None, user)])
    assert tuple(only(frame.selectExpr("unix_millis(birthdate)", "unix_millis(registered_date)"))) == (
        -62_135_596_800_000,
        253_402_300_799_999,
    )


def test_the_connector_is_handed_early_instants_in_the_calendar_of_the_schema(spark: SparkSession) -> None:
    name = "spark.sql.datetime.java8API.enabled"
    spark.conf.set(name, session_defaults(load_config({"CHECKPOINT_LOCATION": "/c"}), local=True)[name])
    try:
        for birthdate, millis in (("0001-01-01", -62_135_596_800_000), ("1500-02-28", -14_826_758_400_000)):
            frame = decode(spark, [record(0, None, {"uuid": UUID, "birthdate": birthdate})]).select("birthdate")
            assert frame._jdf.head().get(0).toEpochMilli() == millis
    finally:
        spark.conf.unset(name)


def test_a_value_above_the_limit_is_a_letter_with_its_beginning_length_and_digest(spark: SparkSession) -> None:
    value = json.dumps({"uuid": UUID, "city": "x" * 5_000}).encode()
    most = len(value)
    for limit, kind in ((most, "upsert"), (most - 1, "letter")):
        source = spark.createDataFrame([record(0, UUID, value)], KAFKA).drop("value_length", "value_sha256")
        decoding = partial(decode_batches, settings=DecoderSettings(NOW_MS))
        row = only(limited(source, limit).mapInArrow(decoding, output_schema()))
        assert row["kind"] == kind
    assert (row["error_stage"], row["error_code"]) == ("source", "record-too-large")
    assert (bytes(row["value"]), row["value_length"]) == (value[:1_024], most)
    assert row["value_sha256"] == sha256(value).hexdigest()


def test_deletes_and_records_without_a_timestamp(spark: SparkSession) -> None:
    records = [record(0, UUID.upper(), None), record(1, UUID, None, timestamp=-1), record(2, None, None)]
    rows = decode(spark, records).collect()
    assert [(row["kind"], row["row_key"], row["error_code"]) for row in rows] == [
        ("delete", UUID, None),
        ("letter", None, "missing-timestamp"),
        ("letter", None, "bad-key"),
    ]


def test_the_clock_is_that_of_the_settings(spark: SparkSession) -> None:
    ahead = [record(0, UUID, None, timestamp=NOW_MS + 60_001)]
    refused = only(decode(spark, ahead, DecoderSettings(NOW_MS, max_clock_skew_ms=60_000)))
    taken = only(decode(spark, ahead, DecoderSettings(NOW_MS + 1, max_clock_skew_ms=60_000)))
    assert (refused["error_code"], taken["kind"]) == ("future-timestamp", "delete")


def test_no_records_make_an_empty_batch() -> None:
    types: list[tuple[str, pa.DataType]] = [
        ("key", pa.binary()),
        ("value", pa.binary()),
        ("topic", pa.string()),
        ("partition", pa.int32()),
    ]
    header = pa.struct([("key", pa.string()), ("value", pa.binary())])
    types += [("offset", pa.int64()), ("timestamp", pa.timestamp("us", "UTC")), ("headers", pa.list_(header))]
    types += [("value_length", pa.int32()), ("value_sha256", pa.string())]
    empty = pa.RecordBatch.from_pylist([], pa.schema(types))
    (batch,) = decode_batches([empty], DecoderSettings(NOW_MS))
    assert (batch.num_rows, batch.schema.names) == (0, output_schema().names)


def test_the_newest_version_of_each_row_is_left(spark: SparkSession) -> None:
    def version(offset: int, wt: int, value: Any, key: str = UUID, **rest: Any) -> tuple[Any, ...]:
        return record(offset, key, value, headers=[written(wt)], **rest)

    other = UUID.replace("7a", "7b")
    redriven = [written(9), ("sluice.source-offset", b"1")]
    records = [
        version(5, 9, {"uuid": UUID, "age": 5}),
        version(6, 8, None),
        version(3, 9, {"uuid": UUID, "age": 3}),
        record(9, UUID, {"uuid": UUID, "age": 9}, headers=redriven),
        version(7, 10, {"uuid": UUID, "age": 151}),
        version(1, 1, {"uuid": other, "age": 1}, other),
        version(2, 2, None, other),
    ]
    newest = newest_per_key(decode(spark, records)).select("row_key", "kind", "age", "offset")
    expected = spark.createDataFrame(
        [(UUID, "upsert", 5, 5), (other, "delete", None, 2)], "row_key string, kind string, age int, offset long"
    )
    assert_df_equality(newest, expected, ignore_row_order=True, ignore_nullable=True)


def test_of_two_copies_of_one_version_the_first_is_left(spark: SparkSession) -> None:
    headers = [written(5), ("sluice.source-offset", b"0")]
    copies = [record(offset, UUID, None, partition=part, headers=headers) for part, offset in ((1, 0), (0, 2), (0, 1))]
    newest = only(newest_per_key(decode(spark, copies)))
    assert (newest["partition"], newest["offset"]) == (0, 1)


def test_the_settings_travel_and_show_no_secret() -> None:
    registry = RegistrySettings("http://127.0.0.1:1", username="reader", password="hunter2", token=None)
    settings = DecoderSettings(NOW_MS, registry)
    assert pickle.loads(pickle.dumps(settings)) == settings  # noqa: S301
    assert "hunter2" not in repr(settings)


def test_the_columns_are_those_of_the_row() -> None:
    names = [rule.name for rule in row_schema().fields]
    assert output_schema().names[4 : 4 + len(names)] == names
    assert output_schema()["birthdate"].dataType.simpleString() == "timestamp"


def test_avro_without_a_registry_is_a_letter(spark: SparkSession) -> None:
    row = only(decode(spark, [record(0, UUID, b"\0\0\0\0\1\0")]))
    assert (row["kind"], row["error_code"]) == ("letter", "no-registry")


class HostileDecoder(MessageDecoder):
    """Raises what it is given, or gives the row it is given, for the messages at these offsets."""

    def __init__(self, outcomes: dict[int, Exception | list[Any]]) -> None:
        super().__init__(None)
        self._outcomes = outcomes

    def decode(self, message: Message, now_ms: int) -> Decoded:
        found = self._outcomes.get(message.offset)
        if isinstance(found, Exception):
            raise found
        decoded = super().decode(message, now_ms)
        return decoded if found is None else decoded._replace(row=found)


def arrow_batch(count: int) -> pa.RecordBatch:
    header = pa.struct([("key", pa.string()), ("value", pa.binary())])
    value = json.dumps({"uuid": UUID, "first_name": "Ana"}).encode()
    columns = [
        pa.array([None] * count, pa.binary()),
        pa.array([value] * count, pa.binary()),
        pa.array([[]] * count, pa.list_(header)),
        pa.array(["users"] * count, pa.string()),
        pa.array([0] * count, pa.int32()),
        pa.array(range(count), pa.int64()),
        pa.array([NOW_MS * 1_000] * count, pa.timestamp("us", "UTC")),
        pa.array([None] * count, pa.int32()),
        pa.array([None] * count, pa.string()),
    ]
    names = ["key", "value", "headers", "topic", "partition", "offset", "timestamp", "value_length", "value_sha256"]
    return pa.RecordBatch.from_arrays(columns, names=names)


def outcomes_of(batch: pa.RecordBatch) -> list[tuple[str, str | None, str | None]]:
    columns = [batch.column(name).to_pylist() for name in ("kind", "error_stage", "error_code")]
    return list(zip(*columns, strict=True))


@pytest.mark.parametrize(
    "error", [RecursionError(), MemoryError(), OverflowError(), UnicodeError(), KeyError("x"), ZeroDivisionError()]
)
def test_whatever_a_record_makes_the_decoder_raise_refuses_that_record_and_no_other(error: Exception) -> None:
    decoded = _decode_batch(arrow_batch(3), HostileDecoder({1: error}), NOW_MS)
    assert outcomes_of(decoded) == [
        ("upsert", None, None),
        ("letter", "decode", "decode-failed"),
        ("upsert", None, None),
    ]
    assert decoded.column("error_message")[1].as_py().endswith(f"({type(error).__name__})")
    assert decoded.column("value")[1].as_py() == arrow_batch(1).column("value")[0].as_py()


def test_a_row_that_no_column_can_hold_refuses_its_record_and_no_other() -> None:
    names = [rule.name for rule in row_schema().fields]
    good: list[Any] = [None] * len(names)
    half = list(good)
    half[names.index("first_name")] = "\ud800"
    huge = list(good)
    huge[names.index("age")] = 2**40
    decoded = _decode_batch(arrow_batch(4), HostileDecoder({1: half, 2: huge}), NOW_MS)
    assert outcomes_of(decoded) == [
        ("upsert", None, None),
        ("letter", "decode", "decode-failed"),
        ("letter", "decode", "decode-failed"),
        ("upsert", None, None),
    ]


def test_an_enrichment_that_fails_refuses_its_record(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_names: str | None) -> str | None:
        raise OverflowError

    monkeypatch.setattr("sluice_spark.message_decoder.full_name", fail)
    decoded = _decode_batch(arrow_batch(1), MessageDecoder(None), NOW_MS)
    assert outcomes_of(decoded) == [("letter", "transform", "transform-failed")]


def test_a_registry_that_is_unavailable_refuses_no_record() -> None:
    unavailable = RegistryError("unreachable", "no answer")
    with pytest.raises(RegistryError):
        _decode_batch(arrow_batch(1), HostileDecoder({0: unavailable}), NOW_MS)
