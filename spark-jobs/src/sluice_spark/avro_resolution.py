"""Readers of records of one schema from the bytes of another (Avro 1.12, "Schema Resolution").

Strict where `libs/record-schema` is: every branch and symbol of the writer must be one of the reader's, logical types must be
the same where both have one, and the records must have one name, whatever their namespaces.
"""

from __future__ import annotations

from typing import Any, Final, NoReturn

from sluice_spark.avro_binary import (
    Read,
    Skip,
    read_boolean,
    read_bytes,
    read_double,
    read_float,
    read_int,
    read_long,
    read_null,
    read_string,
    reading_array,
    reading_enum,
    reading_union,
    skip_fixed,
    skipping,
    skipping_blocks,
    skipping_level,
    skipping_union,
)
from sluice_spark.avro_types import AvroType
from sluice_spark.data_errors import SchemaError
from sluice_spark.record_schema import MISSING, FieldRule, RecordSchema

#: Those of Avro 1.12; others mean nothing to anybody but who wrote them.
_LOGICAL: Final = frozenset(
    (
        "uuid",
        "date",
        "time-millis",
        "time-micros",
        "timestamp-millis",
        "timestamp-micros",
        "timestamp-nanos",
        "local-timestamp-millis",
        "local-timestamp-micros",
        "local-timestamp-nanos",
        "decimal",
        "big-decimal",
    )
)
#: The Avro type under each kind of field.
_BASES: Final = {
    "uuid": "string",
    "timestamp-millis": "long",
    "timestamp-micros": "long",
    "date": "int",
    "decimal": "bytes",
}
_PLAIN: Final[dict[tuple[str, str], Read]] = {
    ("null", "null"): read_null,
    ("boolean", "boolean"): read_boolean,
    ("int", "int"): read_int,
    ("long", "long"): read_long,
    ("long", "int"): read_int,
    ("float", "float"): read_float,
    ("double", "double"): read_double,
    ("double", "float"): read_float,
    ("string", "string"): read_string,
    ("string", "bytes"): read_string,
    ("bytes", "bytes"): read_bytes,
    ("bytes", "string"): read_bytes,
}
_SKIPS: Final[dict[str, Skip]] = {
    "null": lambda _, at, __: at,
    "enum": skipping(read_int),
    "bytes": skipping(read_bytes),
    **{kind: skipping(read) for (kind, written), read in _PLAIN.items() if kind == written and kind != "null"},
}

#: The step of a record: the place of the reader's field, and how it is read; or what is read over.
RecordStep = tuple[int, Read] | Skip


class Resolution:
    """How records of one schema are read from the bytes of another."""

    def __init__(self, writer: AvroType) -> None:
        """Args: writer: the type that the bytes were written with."""
        self._skips: dict[int, Skip] = {}
        refuse_empty_items(writer, set())

    def record_steps(self, schema: RecordSchema, written: AvroType) -> tuple[list[RecordStep], list[int]]:
        """The steps that read a record, in the order of the writer, and the places of the fields that it lacks.

        Raises:
            SchemaError: where records of `written` cannot be read as records of `schema`.
        """
        if written.kind != "record" or written.name not in (schema.name, *schema.aliases):
            raise SchemaError(f"it was written as {written.name or written.kind} and cannot be read as {schema.name}")
        places: dict[str, int] = {}
        absent: list[int] = []
        names = {name for name, _ in written.fields}
        for index, rule in enumerate(schema.fields):
            found = [name for name in (rule.name, *rule.aliases) if name in names]
            if len(found) > 1:
                raise SchemaError(f"field {rule.path}: the writer has it under two names")
            if found:
                places[found[0]] = index
            elif rule.has_default:
                absent.append(index)
            else:
                raise SchemaError(f"field {rule.path}: the writer lacks it, and it has no default")
        steps: list[RecordStep] = []
        for name, part in written.fields:
            place = places.get(name)
            steps.append(self.skip(part) if place is None else (place, self.read_field(schema.fields[place], part)))
        return steps, absent

    def read_field(self, rule: FieldRule, written: AvroType) -> Read:
        """Reads a value of `written` as one of the field, before its rule."""
        if written.kind != "union":
            return self._read_branch(rule, written)
        branches = [self._read_branch(rule, branch) for branch in written.branches]
        return reading_union(branches)

    def _read_branch(self, rule: FieldRule, written: AvroType) -> Read:
        if written.kind == "null":
            return read_null if rule.nullable else _refuse(rule, written)
        _require_same_meaning(rule, written)
        if rule.kind == "record" and rule.record is not None and written.kind == "record":
            return self._read_record(rule.record, written)
        if rule.kind == "array" and rule.items is not None and written.kind == "array" and written.items:
            return reading_array(self.read_field(rule.items, written.items))
        if rule.kind == "enum" and written.kind == "enum":
            return self._read_enum(rule, written)
        base = _BASES.get(rule.kind, rule.kind)
        if base in ("float", "double") and written.kind in ("int", "long"):
            return _as_float(read_int if written.kind == "int" else read_long)
        return _PLAIN.get((base, written.kind)) or _refuse(rule, written)

    def _read_enum(self, rule: FieldRule, written: AvroType) -> Read:
        if written.name != rule.type_name or not set(written.symbols) <= set(rule.symbols):
            raise SchemaError(f"field {rule.path}: the writer's enum has another name, or symbols that are not known")
        return reading_enum(written.symbols)

    def _read_record(self, schema: RecordSchema, written: AvroType) -> Read:
        """A record inside a field; `MISSING` stands for fields that the writer lacks."""
        steps, _ = self.record_steps(schema, written)
        names = [rule.name for rule in schema.fields]

        def read(data: bytes, at: int) -> tuple[dict[str, Any], int]:
            record: dict[str, Any] = dict.fromkeys(names, MISSING)
            for step in steps:
                if isinstance(step, tuple):
                    record[names[step[0]]], at = step[1](data, at)
                else:
                    at = step(data, at, 0)
            return record, at

        return read

    def skip(self, written: AvroType) -> Skip:
        """Reads over a value of a type; made once, as records may hold themselves."""
        key = id(written)
        if key not in self._skips:
            self._skips[key] = lambda data, at, depth: self._skips[key](data, at, depth)
            self._skips[key] = self._make_skip(written)
        return self._skips[key]

    def _make_skip(self, written: AvroType) -> Skip:
        if written.kind == "union":
            return skipping_union([self.skip(branch) for branch in written.branches])
        if written.kind == "fixed":
            return skip_fixed(written.size)
        if written.kind == "array" and written.items:
            return skipping_level(skipping_blocks(self.skip(written.items)))
        if written.kind == "map" and written.items:
            return skipping_level(skipping_blocks(_in_turn([_SKIPS["string"], self.skip(written.items)])))
        if written.kind == "record":
            return skipping_level(_in_turn([self.skip(part) for _, part in written.fields]))
        return _SKIPS[written.kind]


def refuse_empty_items(written: AvroType, seen: set[int]) -> None:
    """A few bytes can announce any number of items; only items that take a byte each are bounded by the message."""
    if id(written) in seen:
        return
    seen.add(id(written))
    if written.kind == "array" and written.items and _may_be_empty(written.items, set()):
        raise SchemaError("an array has items that take no byte; a short message could hold a list without end")
    parts = [*written.branches, *(part for _, part in written.fields)]
    for part in [*parts, written.items] if written.items else parts:
        refuse_empty_items(part, seen)


def _may_be_empty(written: AvroType, seen: set[int]) -> bool:
    if written.kind == "null" or (written.kind == "fixed" and written.size == 0):
        return True
    if written.kind != "record" or id(written) in seen:
        return False
    return all(_may_be_empty(part, seen | {id(written)}) for _, part in written.fields)


def _require_same_meaning(rule: FieldRule, written: AvroType) -> None:
    """A logical type may come or go; another one, or another scale, would read the same bytes as another value."""
    if written.logical not in _LOGICAL or rule.kind not in _LOGICAL:
        return
    if rule.kind != written.logical:
        raise SchemaError(f"field {rule.path}: written as {written.logical} and cannot be read as {rule.kind}")
    if rule.kind == "decimal" and rule.scale != written.scale:
        raise SchemaError(f"field {rule.path}: written with scale {written.scale} and cannot be read with {rule.scale}")


def _as_float(read: Read) -> Read:
    def read_as_float(data: bytes, at: int) -> tuple[float, int]:
        number, at = read(data, at)
        return float(number), at

    return read_as_float


def _in_turn(skips: list[Skip]) -> Skip:
    def skip(data: bytes, at: int, depth: int) -> int:
        for part in skips:
            at = part(data, at, depth)
        return at

    return skip


def _refuse(rule: FieldRule, written: AvroType) -> NoReturn:
    raise SchemaError(f"field {rule.path}: written as {written.kind} and cannot be read as {rule.kind}")
