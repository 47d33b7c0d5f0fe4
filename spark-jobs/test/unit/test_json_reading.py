from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from sluice_spark.data_errors import DataError
from sluice_spark.json_decoder import JsonDecoder
from sluice_spark.json_reader import JsonReader
from sluice_spark.record_schema import RecordSchema, parse_schema
from sluice_spark.schemas import message_schema
from vectors import load, named, record_of, spelled, value_of

VECTORS = load("record-schema", "json-reading.json")

#: Both readers, one of which has the other to turn to.
Reader = Callable[[RecordSchema], JsonDecoder | JsonReader]
both = pytest.mark.parametrize("reader", [JsonDecoder, JsonReader])


def read(reader: Reader, schema: RecordSchema, value: bytes) -> Any:
    try:
        values = reader(schema).decode(value)
    except DataError as error:
        return {"code": error.code}
    return {"value": {rule.name: one for rule, one in zip(schema.fields, values, strict=True)}}


def schema_of(fields: list[dict[str, Any]]) -> RecordSchema:
    return parse_schema({"type": "record", "name": "T", "fields": fields})


def bytes_of(vector: dict[str, Any], text: str) -> bytes:
    if "hex" in vector:
        return bytes.fromhex(vector["hex"])
    spelled_text: str = vector.get(text, "")
    return spelled_text.encode("utf-8")


@both
@pytest.mark.parametrize("vector", named(VECTORS["tokens"]))
def test_a_field_type_and_a_token(vector: dict[str, Any], reader: Reader) -> None:
    declared = ["null", vector["type"]] if vector["nullable"] else vector["type"]
    bounds: dict[str, Any] = {name: vector[name] for name in ("minimum", "maximum") if name in vector}
    schema = schema_of([{"name": "f", "type": declared, **bounds}])
    expected = vector["expect"]
    if "value" in expected:
        expected = {"value": {"f": value_of(expected["value"])}}
    value = b'{"f":' + bytes_of(vector, "token") + b"}"
    assert spelled(read(reader, schema, value)) == spelled(expected)


@both
@pytest.mark.parametrize("vector", named(VECTORS["records"]))
def test_a_whole_value(vector: dict[str, Any], reader: Reader) -> None:
    expected = vector["expect"]
    if "value" in expected:
        expected = {"value": record_of(expected["value"])}
    assert spelled(read(reader, schema_of(vector["fields"]), bytes_of(vector, "text"))) == spelled(expected)


@both
def test_a_field_is_found_by_a_name_that_it_had_before(reader: Reader) -> None:
    schema = schema_of([{"name": "a", "type": ["null", "string"], "aliases": ["old"]}])
    assert read(reader, schema, b'{"old":"x"}') == {"value": {"a": "x"}}
    assert read(reader, schema, b'{"old":"x","a":"y"}') == {"code": "a:duplicate-key"}


def test_the_fast_reader_says_what_the_exact_one_says_of_damaged_values() -> None:
    schema = message_schema()
    fast, exact = JsonDecoder(schema), JsonReader(schema)
    plain = (
        '{"uuid":"7A0EED16-9430-4d68-901f-c0d4c1c3bf00","first_name":"Zo\\u00eb ñ","age":42,"latitude":"-12.5e0",'
        '"longitude":1e1,"birthdate":"1970-01-01T00:00:00.123456+01:30","postcode":501,"registered_date":0,"x":"y"}'
    )
    rare = plain.replace("}", ',"last_name":"\\ud83d\\ude00","more":[1,{"a":{}}],"y":null}')
    pieces = ['"', "\\", "\\ud800", "\\u0000", "{", "}", "[", "]", ",", ":", "0", "-", ".", "e5", "null", "true", "NaN"]
    pieces += ["\t", "\x00", "é", " ", "Infinity", '"age":1,', '"x":2,', '"x":2,', "1e999", "\u2028", ""]
    random_numbers = random.Random(20)
    outcomes = set()
    for _ in range(8000):
        text = rare if random_numbers.random() < 0.2 else plain
        for _ in range(random_numbers.randrange(3)):
            start = random_numbers.randrange(len(text))
            end = start + random_numbers.choice((0, 0, 1, 3))
            text = text[:start] + random_numbers.choice(pieces) + text[end:]
        value = bytearray(text.encode("utf-8"))
        if random_numbers.random() < 0.1:
            value[random_numbers.randrange(len(value))] = random_numbers.randrange(256)
        results = []
        for reader in (fast, exact):
            try:
                results.append(spelled(reader.decode(bytes(value))))
            except DataError as error:
                results.append(error.code)
        assert results[0] == results[1], bytes(value)
        outcomes.add(results[1] if isinstance(results[1], str) else "value")
    assert {"value", "bad-json", "duplicate-key", "age:duplicate-key", "trailing-bytes"} <= outcomes
