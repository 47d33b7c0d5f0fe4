from __future__ import annotations

import json
import pickle
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
from chispa import assert_df_equality
from pyspark.sql import DataFrame, Row, SparkSession

from sluice_spark.config import load_config
from sluice_spark.decoding import DecoderSettings, decode_batches, newest_per_key, output_schema
from sluice_spark.registry_transport import RegistrySettings
from sluice_spark.schemas import row_schema
from sluice_spark.spark_session import session_defaults

UUID = "7a0eed16-9430-4d68-901f-c0d4c1c3bf00"
NOW_MS = 1_700_000_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
KAFKA = (
    "key binary, value binary, topic string, partition int, offset long, timestamp timestamp, timestampType int, "
    "headers array<struct<key string, value binary>>"
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
    )


def decode(spark: SparkSession, records: list[tuple[Any, ...]], settings: DecoderSettings | None = None) -> DataFrame:
    def batches(given: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        return decode_batches(given, settings or DecoderSettings(NOW_MS))

    return spark.createDataFrame(records, KAFKA).coalesce(1).mapInArrow(batches, output_schema())


def only(frame: DataFrame) -> Row:
    (row,) = frame.collect()
    return row


def test_an_upsert_has_every_column_of_the_table(spark: SparkSession) -> None:
    user = {"uuid": UUID.upper(), "first_name": "Zoë", "email": "z@A.FI", "age": "30", "latitude": 1, "postcode": 501}
    user |= {"registered_date": "1969-12-31T23:59:59.999Z"}
    headers = [("sluice.write-timestamp", b"1"), ("other", None), ("sluice.write-timestamp", b"2")]
    frame = decode(spark, [record(12, UUID, user, partition=3, headers=headers)])
    row = only(frame)
    assert frame.schema == output_schema()
    assert (row["kind"], row["row_key"], row["wt"], row["version_offset"]) == ("upsert", UUID, 2, 12)
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
    empty = pa.RecordBatch.from_pylist([], pa.schema(types))
    (batch,) = decode_batches([empty], DecoderSettings(NOW_MS))
    assert (batch.num_rows, batch.schema.names) == (0, output_schema().names)


def test_the_newest_version_of_each_row_is_left(spark: SparkSession) -> None:
    def version(offset: int, wt: int, value: Any, key: str = UUID, **rest: Any) -> tuple[Any, ...]:
        return record(offset, key, value, headers=[("sluice.write-timestamp", str(wt).encode())], **rest)

    other = UUID.replace("7a", "7b")
    redriven = [("sluice.write-timestamp", b"9"), ("sluice.source-offset", b"1")]
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
    headers = [("sluice.write-timestamp", b"5"), ("sluice.source-offset", b"0")]
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
