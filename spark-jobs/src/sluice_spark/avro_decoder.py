"""Reads Avro records that were written with one schema as records of another."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Any

from sluice_spark.avro_binary import bad_avro
from sluice_spark.avro_resolution import Resolution
from sluice_spark.avro_types import avro_type
from sluice_spark.data_errors import DataError
from sluice_spark.instants import date_of_days
from sluice_spark.numbers import as_float, decimal_of
from sluice_spark.record_schema import MISSING, FieldRule, RecordSchema
from sluice_spark.values import finite, in_range, uuid_of


class AvroDecoder:
    """Reads the records of one writer's schema. Make one for each schema id and keep it."""

    def __init__(self, schema: RecordSchema, writer: Any, references: Sequence[Any] = ()) -> None:
        """Resolves the two schemas; raises SchemaError where records of `writer` cannot be read as records of `schema`.

        Args:
            schema: of the records that are wanted.
            writer: the Avro schema that they were written with, as parsed JSON.
            references: the schemas that `writer` refers to by name, each after those that it refers to itself.
        """
        written = avro_type(writer, references)
        self._steps, absent = Resolution(written).record_steps(schema, written)
        defaults = {index: schema.fields[index].when_absent for index in absent}
        self._unread = [defaults.get(index, MISSING) for index in range(len(schema.fields))]
        self._conversions = [
            (index, conversion)
            for index, rule in enumerate(schema.fields)
            if index not in defaults and (conversion := _conversion(rule)) is not None
        ]

    def decode(self, value: bytes, start: int = 0) -> list[Any]:
        """Reads one record, from the byte at `start` to the end, as the values of the schema's fields.

        Raises:
            DataError: `bad-avro`, `invalid-utf8`, `too-deep` or `trailing-bytes`, else of the first field, in schema order,
                that is wrong.
        """
        values = self._unread.copy()
        at = start
        try:
            for step in self._steps:
                if type(step) is tuple:
                    index, read = step
                    values[index], at = read(value, at)
                else:
                    at = step(value, at, 0)  # type: ignore[operator]
        except (IndexError, struct.error, RecursionError, OverflowError, MemoryError):
            raise bad_avro() from None
        if at != len(value):
            raise DataError("trailing-bytes")
        for index, conversion in self._conversions:
            if values[index] is not None:
                values[index] = conversion(values[index])
        return values


def _conversion(rule: FieldRule) -> Callable[[Any], Any] | None:
    """Brings what was read into the form that it has from JSON, and checks its range; None: it is as it is."""
    if rule.kind == "array" and rule.items is not None:
        item = _conversion(rule.items)
        return None if item is None else lambda values: [item(value) for value in values]
    if rule.kind == "record" and rule.record is not None:
        return _record_conversion(rule.record)
    conversions: dict[str, Callable[[Any], Any]] = {
        "uuid": lambda text: uuid_of(text, rule.path),
        "float": lambda number: in_range(rule, finite(rule, as_float(number))),
        "double": lambda number: in_range(rule, finite(rule, number)),
        "date": lambda days: date_of_days(days, rule.path),
        "decimal": lambda octets: _decimal(rule, octets),
    }
    for kind in ("int", "long", "timestamp-millis", "timestamp-micros"):
        conversions[kind] = lambda number: in_range(rule, number)
    return conversions.get(rule.kind)


def _record_conversion(schema: RecordSchema) -> Callable[[dict[str, Any]], dict[str, Any]]:
    conversions = [(rule.name, rule.when_absent, _conversion(rule)) for rule in schema.fields]

    def convert(record: dict[str, Any]) -> dict[str, Any]:
        for name, when_absent, conversion in conversions:
            if record[name] is MISSING:
                record[name] = when_absent
            elif record[name] is not None and conversion is not None:
                record[name] = conversion(record[name])
        return record

    return convert


def _decimal(rule: FieldRule, octets: bytes) -> str:
    # a decimal digit takes at least 0.41 bytes; leading sign bytes beyond that are nobody's
    if len(octets) > rule.precision + 8:
        raise DataError("out-of-range", rule.path)
    unscaled = in_range(rule, int.from_bytes(octets, "big", signed=True))
    if len(str(abs(unscaled))) > rule.precision:
        raise DataError("out-of-range", rule.path)
    return decimal_of(unscaled, rule.scale)
