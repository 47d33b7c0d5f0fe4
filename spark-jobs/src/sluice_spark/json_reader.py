"""A strict one-pass reader of JSON records, fault by fault the same as `libs/record-schema/src/json-decoder.ts`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sluice_spark.data_errors import DataError
from sluice_spark.json_scanner import JsonScanner, starts_number
from sluice_spark.record_schema import MISSING, FieldRule, RecordSchema
from sluice_spark.values import from_number, from_string

#: Reads the value that comes next.
_ReadValue = Callable[[JsonScanner], Any]


class JsonReader:
    """Reads the objects of one place: whole values, or the records of one field."""

    def __init__(self, schema: RecordSchema, path: str | None = None) -> None:
        self._rules = schema.fields
        self._path = path
        self._places: dict[str, int] = {}
        for index, rule in enumerate(schema.fields):
            for name in (rule.name, *rule.aliases):
                self._places[name] = index
        self._readers = [_value_reader(rule) for rule in schema.fields]

    def decode(self, value: bytes) -> list[Any]:
        """Reads one value, UTF-8 JSON text of one object, as the values of the schema's fields.

        Raises:
            DataError: for the first fault in reading order; absent fields are looked for last.
        """
        json = JsonScanner(value)
        if json.peek() != "{":
            json.skip_value()
            raise DataError("not-an-object")
        values = self._read_fields(json)
        if not json.is_at_end():
            raise DataError("trailing-bytes")
        return self._filled(values)

    def read_inner(self, json: JsonScanner) -> dict[str, Any]:
        """Reads an object inside the value, whose brace was peeked."""
        values = self._filled(self._read_fields(json))
        return {rule.name: value for rule, value in zip(self._rules, values, strict=True)}

    def _read_fields(self, json: JsonScanner) -> list[Any]:
        values: list[Any] = [MISSING] * len(self._rules)
        unknown: set[str] = set()
        more = json.open("}")
        while more:
            name = json.read_key()
            index = self._places.get(name)
            if index is None:
                self._skip_unknown(json, name, unknown)
            else:
                path = self._rules[index].path
                if values[index] is not MISSING:
                    raise DataError("duplicate-key", path)
                json.expect(":")
                json.field = path
                values[index] = self._readers[index](json)
                json.field = self._path
            more = json.next("}")
        return values

    def _skip_unknown(self, json: JsonScanner, name: str, seen: set[str]) -> None:
        if name in seen:
            raise DataError("duplicate-key", self._path)
        json.expect(":")
        json.skip_value()
        seen.add(name)

    def _filled(self, values: list[Any]) -> list[Any]:
        for index, rule in enumerate(self._rules):
            if values[index] is MISSING:
                if rule.when_absent is MISSING:
                    raise DataError("missing", rule.path)
                values[index] = rule.when_absent
        return values


def _value_reader(rule: FieldRule) -> _ReadValue:
    read_string, read_number, read_nested = from_string(rule), from_number(rule), _nested_reader(rule)

    def read(json: JsonScanner) -> Any:
        character = json.peek()
        if character == '"':
            return read_string(json.read_string())
        if starts_number(character):
            return read_number(json.read_number())
        if character in ("{", "["):
            return read_nested(json, character)
        if json.take("null"):
            return None if rule.nullable else json.fail("null")
        for word in ("true", "false"):
            if json.take(word):
                return word == "true" if rule.kind == "boolean" else json.fail("wrong-type")
        return json.malformed()

    return read


def _nested_reader(rule: FieldRule) -> Callable[[JsonScanner, str], Any]:
    if rule.kind == "array" and rule.items is not None:
        read_item = _value_reader(rule.items)
        return lambda json, opening: _read_items(json, read_item) if opening == "[" else json.fail("wrong-type")
    if rule.kind == "record" and rule.record is not None:
        reader = JsonReader(rule.record, rule.path)
        return lambda json, opening: reader.read_inner(json) if opening == "{" else json.fail("wrong-type")
    return lambda json, _: json.fail("wrong-type")


def _read_items(json: JsonScanner, read_item: _ReadValue) -> list[Any]:
    items: list[Any] = []
    more = json.open("]")
    while more:
        items.append(read_item(json))
        more = json.next("]")
    return items
