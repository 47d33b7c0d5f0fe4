from __future__ import annotations

from typing import Any

import pytest

from sluice_spark.avro_decoder import AvroDecoder
from sluice_spark.data_errors import DataError, SchemaError
from sluice_spark.record_schema import parse_schema
from vectors import load, named, record_of, spelled, value_of

VECTORS = load("record-schema", "avro-reading.json")


def read(vector: dict[str, Any], reader: list[Any], writer: list[Any]) -> Any:
    schema = parse_schema({"type": "record", "name": "T", "fields": reader})
    written = {"type": "record", "name": vector.get("writerName", "T"), "fields": writer}
    decoder = AvroDecoder(schema, written, vector.get("references", []))
    try:
        values = decoder.decode(bytes.fromhex(vector["hex"]))
    except DataError as error:
        return {"code": error.code}
    return {"value": {rule.name: one for rule, one in zip(schema.fields, values, strict=True)}}


@pytest.mark.parametrize("vector", named(VECTORS["types"]))
def test_a_field_type_and_its_bytes(vector: dict[str, Any]) -> None:
    bounds: dict[str, Any] = {name: vector[name] for name in ("minimum", "maximum") if name in vector}
    fields: list[Any] = [{"name": "f", "type": vector["type"], **bounds}]
    expected = vector["expect"]
    if "value" in expected:
        expected = {"value": {"f": value_of(expected["value"])}}
    assert spelled(read(vector, fields, fields)) == spelled(expected)


@pytest.mark.parametrize("vector", named(VECTORS["records"]))
def test_two_schemas(vector: dict[str, Any]) -> None:
    expected = vector["expect"]
    if "value" in expected:
        expected = {"value": record_of(expected["value"])}
    assert spelled(read(vector, vector["reader"], vector["writer"])) == spelled(expected)


@pytest.mark.parametrize("vector", named(VECTORS["refused"]))
def test_schemas_that_cannot_be_read(vector: dict[str, Any]) -> None:
    with pytest.raises(SchemaError):
        read({**vector, "hex": ""}, vector["reader"], vector["writer"])


def test_a_record_that_holds_itself_is_read_over() -> None:
    node = {"type": "record", "name": "Node", "fields": [{"name": "next", "type": ["null", "Node"]}]}
    schema = parse_schema({"type": "record", "name": "T", "fields": [{"name": "a", "type": "int"}]})
    written = {"type": "record", "name": "T", "fields": [{"name": "n", "type": node}, {"name": "a", "type": "int"}]}
    assert AvroDecoder(schema, written).decode(bytes.fromhex("0202000e")) == [7]


def test_names_are_found_in_their_namespace() -> None:
    level = {"type": "enum", "name": "Level", "symbols": ["low", "high"]}
    fields = [{"name": "a", "type": level}, {"name": "b", "type": "x.y.Level"}, {"name": "c", "type": "Level"}]
    schema = parse_schema({"type": "record", "name": "T", "fields": [{"name": "c", "type": level}]})
    written = {"type": "record", "name": "T", "namespace": "x.y", "fields": fields}
    assert AvroDecoder(schema, written).decode(bytes.fromhex("000002")) == ["high"]


@pytest.mark.parametrize(
    "writer",
    [None, {}, 7, "T", {"type": "record", "name": "T"}, {"type": "record", "name": "T", "fields": [{"name": "a"}]}],
)
def test_what_is_not_an_avro_record_is_a_schema_error(writer: Any) -> None:
    schema = parse_schema({"type": "record", "name": "T", "fields": [{"name": "a", "type": "int"}]})
    with pytest.raises(SchemaError):
        AvroDecoder(schema, writer)
