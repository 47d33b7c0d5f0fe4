"""The columns of the table in Spark and in Arrow."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql.types import (
    BinaryType,
    BooleanType,
    DataType,
    DateType,
    DecimalType,
    DoubleType,
    FloatType,
    IntegerType,
    LongType,
    StringType,
    TimestampType,
)

from sluice_spark.record_schema import FieldRule

#: Timestamps in us are longs, as they are a bigint in the table: a CQL timestamp counts milliseconds.
_TYPES: Final[dict[str, tuple[DataType, pa.DataType]]] = {
    "string": (StringType(), pa.string()),
    "uuid": (StringType(), pa.string()),
    "enum": (StringType(), pa.string()),
    "int": (IntegerType(), pa.int32()),
    "long": (LongType(), pa.int64()),
    "float": (FloatType(), pa.float32()),
    "double": (DoubleType(), pa.float64()),
    "boolean": (BooleanType(), pa.bool_()),
    "bytes": (BinaryType(), pa.binary()),
    "timestamp-millis": (TimestampType(), pa.timestamp("us", "UTC")),
    "timestamp-micros": (LongType(), pa.int64()),
    "date": (DateType(), pa.date32()),
}


def spark_type(rule: FieldRule) -> DataType:
    """The type of a field's column in Spark."""
    if rule.kind == "decimal":
        return DecimalType(rule.precision, rule.scale)
    return _TYPES[rule.kind][0]


def arrow_column(rule: FieldRule, values: Sequence[Any]) -> pa.Array[Any]:
    """Values of a field, as records hold them, as a column of `spark_type`."""
    if rule.kind == "decimal":
        decimals = [None if value is None else Decimal(value) for value in values]
        return pa.array(decimals, pa.decimal128(rule.precision, rule.scale))
    if rule.kind == "date":
        return pa.array([None if value is None else date.fromisoformat(value) for value in values], pa.date32())
    if rule.kind == "timestamp-millis":
        return pc.multiply(pa.array(values, pa.int64()), 1000).cast(_TYPES[rule.kind][1])
    return pa.array(values, _TYPES[rule.kind][1])
