"""Records of a Kafka source into rows, deletes and dead letters: Arrow batches in, Arrow batches out, for mapInArrow."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql.types import (
    ArrayType,
    BinaryType,
    IntegerType,
    LongType,
    StringType,
    StructField,
    StructType,
    TimestampType,
)

from sluice_spark.columns import arrow_column, spark_type
from sluice_spark.data_errors import TOO_LARGE, Refusal, TransformError, refusal_of
from sluice_spark.message_decoder import Decoded, Headers, Message, MessageDecoder
from sluice_spark.registry_transport import RegistryError, RegistrySettings
from sluice_spark.schema_registry import SchemaRegistry
from sluice_spark.schemas import message_schema, row_schema
from sluice_spark.writer_schemas import WriterSchemas

#: Columns of `kafka_source.limited`, which the output has again, for dead letters.
_INPUT: Final = StructType(
    [
        StructField("key", BinaryType()),
        StructField("value", BinaryType()),
        StructField(
            "headers",
            ArrayType(StructType([StructField("key", StringType()), StructField("value", BinaryType())])),
        ),
        StructField("topic", StringType()),
        StructField("partition", IntegerType()),
        StructField("offset", LongType()),
        StructField("timestamp", TimestampType()),
        StructField("value_length", IntegerType()),
        StructField("value_sha256", StringType()),
    ]
)
#: Those of them that upserts and deletes have as well.
_OF_ALL: Final = frozenset({"partition", "offset", "timestamp"})
_DECISION: Final = StructType(
    [
        StructField("kind", StringType()),
        StructField("row_key", StringType()),
        StructField("wt", LongType()),
        StructField("version_offset", LongType()),
    ]
)
_ERROR: Final = StructType(
    [
        StructField("error_code", StringType()),
        StructField("error_stage", StringType()),
        StructField("error_message", StringType()),
    ]
)


@dataclass(frozen=True)
class DecoderSettings:
    """What decoding depends on beside the records. Made by the driver for each batch; the same ones give the same output."""

    #: The clock of the batch, ms since the epoch: a retry must not refuse what the first attempt took.
    now_ms: int
    #: Where the schemas of Avro messages are. None: there is no registry, and such messages are refused (`no-registry`).
    registry: RegistrySettings | None = None
    #: How far in the future a timestamp may lie, ms: one further ahead would shadow every later update.
    max_clock_skew_ms: int = 3_600_000
    #: How long a batch waits for schemas that the registry does not know, seconds: a replica of it may be behind.
    unknown_schema_wait_s: float = 5.0


def output_schema() -> StructType:
    """The columns of decoded records.

    `kind`: `upsert`, `delete` or `letter`. `row_key`: the uuid, of upserts and deletes. `wt`: the write timestamp, us, and
    `version_offset`: the offset that versions of one `wt` are compared by, which a redriven record has from its first time.
    Then the columns of the table, filled for upserts; `error_code`, `error_stage` and `error_message`, for letters; and the
    record as it came from Kafka, of which upserts and deletes have `partition`, `offset` and `timestamp` alone.

    Timestamps before 1582 are of the proleptic Gregorian calendar, as in Java's Instant; the connector is handed another
    calendar unless `spark.sql.datetime.java8API.enabled` is set.
    """
    table = [StructField(rule.name, spark_type(rule)) for rule in row_schema().fields]
    return StructType([*_DECISION.fields, *table, *_ERROR.fields, *_INPUT.fields])


def decode_batches(batches: Iterable[pa.RecordBatch], settings: DecoderSettings) -> Iterator[pa.RecordBatch]:
    """Decodes batches of records as `output_schema` says, one for one and in order.

    Args:
        batches: with the columns of `kafka_source.limited`, by name; others are left out.
        settings: the same for all of them.

    Raises:
        RegistryError: where an Avro message cannot be judged because the registry is away. Spark then retries the task.
    """
    decoder = _decoder(settings.registry, settings.max_clock_skew_ms, settings.unknown_schema_wait_s)
    for batch in batches:
        yield _decode_batch(batch, decoder, settings.now_ms)


def newest_per_key(decoded: DataFrame) -> DataFrame:
    """The newest upsert or delete of each row: that of the highest (`wt`, `version_offset`)."""
    # equal versions are copies of one record; the first one is taken, so that a replay takes the same
    order = [F.desc("wt"), F.desc("version_offset"), F.asc("partition"), F.asc("offset")]
    rank = F.row_number().over(Window.partitionBy("row_key").orderBy(*order))
    versions = decoded.where(F.col("kind").isin("upsert", "delete"))
    return versions.withColumn("_rank", rank).where("_rank = 1").drop("_rank")


@functools.lru_cache(maxsize=4)
def _decoder(registry: RegistrySettings | None, max_clock_skew_ms: int, unknown_schema_wait_s: float) -> MessageDecoder:
    """Kept for the life of the worker, and with it the schemas that were looked up."""
    writers = None
    if registry is not None:
        writers = WriterSchemas(message_schema(), SchemaRegistry(registry), unknown_schema_wait_s)
    return MessageDecoder(writers, max_clock_skew_ms)


def _decode_batch(batch: pa.RecordBatch, decoder: MessageDecoder, now_ms: int) -> pa.RecordBatch:
    values = batch.column("value").to_pylist()
    headers = _headers(batch.column("headers"))
    decoder.look_up_schemas(values, headers)
    decoded: list[Decoded | None] = []
    refusals: list[Refusal | None] = []
    too_large = batch.column("value_length").is_valid().to_pylist()
    for message, is_too_large in zip(_messages(batch, values, headers), too_large, strict=True):
        try:
            if is_too_large:
                decoded.append(None)
                refusals.append(TOO_LARGE)
                continue
            decoded.append(decoder.decode(message, now_ms))
            refusals.append(None)
        except RegistryError:
            raise
        except TransformError as error:
            decoded.append(None)
            refusals.append(error.refusal)
        except Exception as error:
            # whatever one record makes our code raise, out of memory or stack included, is that record's fault
            decoded.append(None)
            refusals.append(refusal_of(error))
    table = _table_columns(decoded, refusals)
    columns = [*_decision_columns(decoded), *table, *_refusal_columns(refusals), *_input_columns(batch, refusals)]
    return pa.RecordBatch.from_arrays(columns, names=output_schema().names)


def _messages(batch: pa.RecordBatch, values: list[bytes | None], headers: list[Headers]) -> Iterator[Message]:
    timestamps = pc.divide(batch.column("timestamp").cast(pa.timestamp("us", "UTC")).cast(pa.int64()), 1000)
    return map(
        Message,
        batch.column("key").to_pylist(),
        values,
        headers,
        batch.column("partition").to_pylist(),
        batch.column("offset").to_pylist(),
        timestamps.to_pylist(),
    )


def _headers(column: pa.Array[Any]) -> list[Headers]:
    """The headers of each record. As two lists and places in them: much faster than a list of dictionaries."""
    if not isinstance(column, pa.ListArray):
        raise TypeError("the column headers is not a list")
    keys, values = (pc.struct_field(column.values, name).to_pylist() for name in ("key", "value"))
    pairs = list(zip(keys, values, strict=True))
    return [pairs[start:end] for start, end in itertools.pairwise(column.offsets.to_pylist())]


def _input_columns(batch: pa.RecordBatch, refusals: list[Refusal | None]) -> list[pa.Array[Any]]:
    # what is written needs its record no more: it is most of the bytes, which are kept for the batch
    letters = pa.array([None if one is None else index for index, one in enumerate(refusals)], pa.int64())
    return [batch.column(name) if name in _OF_ALL else batch.column(name).take(letters) for name in _INPUT.names]


def _decision_columns(decoded: list[Decoded | None]) -> list[pa.Array[Any]]:
    return [
        pa.array(
            ["letter" if one is None else "delete" if one.row is None else "upsert" for one in decoded], pa.string()
        ),
        pa.array([one and one.row_key for one in decoded], pa.string()),
        pa.array([None if one is None else one.wt for one in decoded], pa.int64()),
        pa.array([None if one is None else one.version_offset for one in decoded], pa.int64()),
    ]


def _table_columns(decoded: list[Decoded | None], refusals: list[Refusal | None]) -> list[pa.Array[Any]]:
    """The columns of the table. A row that they cannot hold becomes a refusal, in both lists."""
    try:
        return _columns_of(decoded)
    except Exception:
        for index, one in enumerate(decoded):
            try:
                _columns_of([one])
            except Exception as error:
                decoded[index], refusals[index] = None, refusal_of(error)
        return _columns_of(decoded)


def _columns_of(decoded: list[Decoded | None]) -> list[pa.Array[Any]]:
    rules = row_schema().fields
    nothing: list[Any] = [None] * len(rules)
    rows = [nothing if one is None or one.row is None else one.row for one in decoded]
    columns = zip(*rows, strict=True) if rows else ([] for _ in rules)
    return [arrow_column(rule, column) for rule, column in zip(rules, columns, strict=True)]


def _refusal_columns(refusals: list[Refusal | None]) -> list[pa.Array[Any]]:
    return [
        pa.array([one and one.code for one in refusals], pa.string()),
        pa.array([one and one.stage for one in refusals], pa.string()),
        pa.array([one and one.message for one in refusals], pa.string()),
    ]
