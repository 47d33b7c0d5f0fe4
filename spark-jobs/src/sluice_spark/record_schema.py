"""Record schemas as data: what the Avro files of libs/user-schema say of each field."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from sluice_spark.data_errors import SchemaError
from sluice_spark.instants import date_of_days
from sluice_spark.numbers import as_float, decimal_of, decimal_text, unscaled

#: What an absent field is read as where nothing is: its absence is an error.
MISSING: Final = object()

_PRIMITIVES: Final = ("string", "int", "long", "float", "double", "boolean", "bytes")
_LOGICAL: Final = {
    "uuid": "string",
    "timestamp-millis": "long",
    "timestamp-micros": "long",
    "date": "int",
    "decimal": "bytes",
}
#: 0001-01-01T00:00:00.000Z to 9999-12-31T23:59:59.999Z for timestamps: what has a four-digit year.
_LIMITS: Final[dict[str, tuple[int, int]]] = {
    "int": (-(2**31), 2**31 - 1),
    "long": (-(2**63), 2**63 - 1),
    "timestamp-millis": (-62_135_596_800_000, 253_402_300_799_999),
    "timestamp-micros": (-62_135_596_800_000_000, 253_402_300_799_999_999),
}


@dataclass(frozen=True)
class FieldRule:
    """What a value of one field must obey.

    Values in Python: `string`, `uuid`, `enum` str; `int`, `long` int; `float`, `double` float; `boolean` bool; `bytes` bytes;
    `timestamp-millis`, `timestamp-micros` int, since the epoch; `date` str, YYYY-MM-DD; `decimal` str with all digits of the
    scale; `array` list; `record` dict.
    """

    name: str
    #: The name as errors give it: after those of the fields around it, with dots between.
    path: str
    kind: str
    nullable: bool
    aliases: tuple[str, ...] = ()
    #: What an absent field is read as; `MISSING`: absence is an error.
    when_absent: Any = MISSING
    #: Whether the schema has a default, which Avro needs where the writer's schema lacks the field.
    has_default: bool = False
    #: Bounds, both allowed: for `decimal` of the unscaled value.
    low: float = float("-inf")
    high: float = float("inf")
    precision: int = 0
    scale: int = 0
    #: Of an enum: its name without the namespace, and its symbols.
    type_name: str = ""
    symbols: tuple[str, ...] = ()
    items: FieldRule | None = None
    #: Of a record: its own schema.
    record: RecordSchema | None = None


@dataclass(frozen=True)
class RecordSchema:
    """A record: its name without the namespace, and its fields in order."""

    name: str
    fields: tuple[FieldRule, ...]
    aliases: tuple[str, ...] = field(default=())


def parse_schema(avsc: Any, path: str | None = None) -> RecordSchema:
    """Reads an Avro record schema, which `libs/record-schema` has checked already.

    Raises:
        SchemaError: for a type that is not supported.
    """
    if not isinstance(avsc, dict) or avsc.get("type") != "record":
        raise SchemaError("the schema is not an Avro record")
    fields = tuple(_parse_field(one, path) for one in avsc["fields"])
    return RecordSchema(unqualified(avsc["name"]), fields, tuple(map(unqualified, avsc.get("aliases", ()))))


def unqualified(name: str) -> str:
    """A name without its namespace."""
    return name.rpartition(".")[2]


def _parse_field(avsc: dict[str, Any], parent: str | None) -> FieldRule:
    name = avsc["name"]
    path = name if parent is None else f"{parent}.{name}"
    declared = avsc["type"]
    nullable = isinstance(declared, list)
    others = [branch for branch in declared if branch != "null"] if nullable else [declared]
    if nullable and (len(declared) != 2 or len(others) != 1):
        raise SchemaError(f"field {path}: a union that is not of null and one other type is not supported")
    attributes = _attributes(others[0], name, path)
    kind = attributes["kind"]
    low, high = _LIMITS.get(kind, (float("-inf"), float("inf")))
    if avsc.get("minimum") is not None:
        low = max(low, _bound(attributes, avsc["minimum"]))
    if avsc.get("maximum") is not None:
        high = min(high, _bound(attributes, avsc["maximum"]))
    has_default = "default" in avsc
    when_absent = None if nullable else MISSING
    if has_default:
        when_absent = _default(attributes, avsc["default"], path)
    return FieldRule(
        name=name,
        path=path,
        nullable=nullable,
        aliases=tuple(avsc.get("aliases", ())),
        when_absent=when_absent,
        has_default=has_default,
        low=low,
        high=high,
        **attributes,
    )


def _attributes(avsc: Any, name: str, path: str) -> dict[str, Any]:
    """Kind of a type, and what only its kind has."""
    declared = avsc if isinstance(avsc, dict) else {"type": avsc}
    base, logical = declared["type"], declared.get("logicalType")
    if logical is not None:
        if _LOGICAL.get(logical) != base:
            raise SchemaError(f"field {path}: logical type {logical} of {base} is not supported")
        if logical == "decimal":
            return {"kind": "decimal", "precision": declared["precision"], "scale": declared.get("scale", 0)}
        return {"kind": logical}
    if base == "record":
        return {"kind": "record", "record": parse_schema(declared, path)}
    if base == "enum":
        return {"kind": "enum", "type_name": unqualified(declared["name"]), "symbols": tuple(declared["symbols"])}
    if base == "array":
        items = FieldRule(name=name, path=path, nullable=False, **_item(declared["items"], name, path))
        return {"kind": "array", "items": items}
    if base not in _PRIMITIVES:
        raise SchemaError(f"field {path}: type {base} is not supported")
    return {"kind": base}


def _item(avsc: Any, name: str, path: str) -> dict[str, Any]:
    attributes = _attributes(avsc, name, path)
    limits = _LIMITS.get(attributes["kind"])
    return {**attributes, "low": limits[0], "high": limits[1]} if limits else attributes


def _bound(attributes: dict[str, Any], bound: float) -> float:
    """The bound as a value of its type, for comparisons of like with like."""
    if attributes["kind"] == "float":
        return as_float(bound)
    if attributes["kind"] == "decimal":
        text = decimal_text(repr(bound), attributes["precision"], attributes["scale"])
        if text is None:
            raise SchemaError("a bound of a decimal is not such as it can hold")
        return unscaled(text)
    return bound


def _default(attributes: dict[str, Any], value: Any, path: str) -> Any:
    """From JSON as Avro writes defaults (Avro 1.12, "Complex Types")."""
    if value is None:
        return None
    kind = attributes["kind"]
    if kind == "date":
        return date_of_days(value, path)
    if kind == "bytes":
        return value.encode("latin-1")
    if kind == "decimal":
        number = int.from_bytes(value.encode("latin-1"), "big", signed=True)
        return decimal_of(number, attributes["scale"])
    if kind in ("float", "double"):
        return float(value)
    return value
