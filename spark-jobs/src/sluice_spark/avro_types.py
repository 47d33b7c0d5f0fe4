"""The Avro types of a schema that somebody else has written with, from its JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sluice_spark.data_errors import SchemaError
from sluice_spark.record_schema import unqualified

_PRIMITIVES: Final = ("null", "boolean", "int", "long", "float", "double", "bytes", "string")


@dataclass(eq=False)
class AvroType:
    """One type. Records may hold themselves, so the parts are filled in after the type is there."""

    kind: str
    #: Of a record, enum or fixed: its name, without the namespace.
    name: str = ""
    logical: str | None = None
    scale: int = 0
    symbols: tuple[str, ...] = ()
    size: int = 0
    #: Items of an array, values of a map.
    items: AvroType | None = None
    branches: list[AvroType] = field(default_factory=list)
    fields: list[tuple[str, AvroType]] = field(default_factory=list)

    def alternatives(self) -> list[AvroType]:
        """The types that a value may have: the branches of a union without null, or the type itself."""
        return [branch for branch in self.branches if branch.kind != "null"] if self.kind == "union" else [self]


def avro_type(avsc: Any, references: Sequence[Any] = ()) -> AvroType:
    """The type of a schema.

    Args:
        avsc: the schema as parsed JSON.
        references: the schemas that it refers to by name, each after those that it refers to itself.

    Raises:
        SchemaError: where it is not an Avro schema.
    """
    named: dict[str, AvroType] = {}
    try:
        for reference in references:
            _parse(reference, "", named)
        return _parse(avsc, "", named)
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise SchemaError(f"the schema is not valid Avro: {type(error).__name__}") from error


def _parse(avsc: Any, namespace: str, named: dict[str, AvroType]) -> AvroType:
    if isinstance(avsc, str):
        return _by_name(avsc, namespace, named)
    if isinstance(avsc, list):
        return _union([_parse(branch, namespace, named) for branch in avsc])
    declared = avsc["type"]
    if isinstance(declared, dict | list):
        return _parse(declared, namespace, named)
    made = _declared(declared, avsc, namespace, named)
    logical = avsc.get("logicalType")
    if isinstance(logical, str) and declared not in named:
        made.logical = logical
        made.scale = avsc.get("scale", 0)
    return made


def _by_name(name: str, namespace: str, named: dict[str, AvroType]) -> AvroType:
    if name in _PRIMITIVES:
        return AvroType(name)
    full = name if "." in name or not namespace else f"{namespace}.{name}"
    found = named.get(full) or named.get(name)
    if found is None:
        raise SchemaError(f"the schema is not valid Avro: it has no type {name}")
    return found


def _union(branches: list[AvroType]) -> AvroType:
    keys = [branch.name or branch.kind for branch in branches]
    if not branches or len(set(keys)) < len(keys) or "union" in keys:
        raise SchemaError("the schema is not valid Avro: a union is empty, in a union, or has a type twice")
    return AvroType("union", branches=branches)


def _declared(kind: str, avsc: dict[str, Any], namespace: str, named: dict[str, AvroType]) -> AvroType:
    if kind == "array":
        return AvroType("array", items=_parse(avsc["items"], namespace, named))
    if kind == "map":
        return AvroType("map", items=_parse(avsc["values"], namespace, named))
    if kind not in ("record", "error", "enum", "fixed"):
        return _by_name(kind, namespace, named)

    name = avsc["name"]
    space = name.rpartition(".")[0] or avsc.get("namespace", namespace)
    full = f"{space}.{unqualified(name)}" if space else unqualified(name)
    if full in named or full in _PRIMITIVES:
        raise SchemaError(f"the schema is not valid Avro: the name {full} is taken")
    made = AvroType("record" if kind == "error" else kind, name=unqualified(name))
    named[full] = made
    if made.kind == "enum":
        made.symbols = tuple(avsc["symbols"])
    elif made.kind == "fixed":
        made.size = avsc["size"]
    else:
        made.fields = [(part["name"], _parse(part["type"], space, named)) for part in avsc["fields"]]
        if len({part for part, _ in made.fields}) < len(made.fields):
            raise SchemaError("the schema is not valid Avro: a record has a field twice")
    return made
