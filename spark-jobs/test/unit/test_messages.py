from __future__ import annotations

from typing import Any

import pytest

from sluice_spark.data_errors import DataError
from sluice_spark.message_decoder import Message, MessageDecoder
from sluice_spark.registry_transport import RegistryError
from sluice_spark.schema_registry import WriterSchema
from sluice_spark.schemas import message_schema, row_schema
from sluice_spark.writer_schemas import WriterSchemas
from vectors import load, named

VECTORS = load("user-schema", "messages.json")
FIRST = VECTORS["messages"][0]
NAMES = [rule.name for rule in row_schema().fields]


class Schemas:
    """The schemas of the vectors, in place of a registry."""

    def schema_by_id(self, schema_id: int) -> WriterSchema:
        found = VECTORS["schemas"].get(str(schema_id))
        if found is None:
            raise RegistryError("schema-not-found", "no such schema")
        return WriterSchema(found)


def message_of(vector: dict[str, Any]) -> Message:
    value = bytes.fromhex(vector["hex"]) if "hex" in vector else bytes_of(vector.get("value"))
    headers = [(name, bytes_of(text)) for name, text in vector["headers"]]
    return Message(bytes_of(vector["key"]), value, headers, vector["partition"], vector["offset"], vector["timestamp"])


def bytes_of(text: str | None) -> bytes | None:
    return None if text is None else text.encode("utf-8")


def outcome(message: Message, *, registry: bool = True) -> dict[str, Any]:
    writers = WriterSchemas(message_schema(), Schemas(), unknown_schema_wait_s=0) if registry else None
    decoder = MessageDecoder(writers)
    decoder.look_up_schemas([message.value], [message.headers])
    try:
        decoded = decoder.decode(message, VECTORS["now"])
    except DataError as error:
        return {"stage": "decode", "code": error.code}
    if decoded.row is None:
        return {"delete": decoded.row_key, "writeTimestamp": decoded.wt}
    return {"upsert": dict(zip(NAMES, decoded.row, strict=True)), "writeTimestamp": decoded.wt}


@pytest.mark.parametrize("vector", named(VECTORS["messages"]))
def test_a_message_of_the_topic(vector: dict[str, Any]) -> None:
    assert outcome(message_of(vector)) == vector["expect"]


@pytest.mark.parametrize("value", [b"\0\0\0\0\1", b"\0"])
def test_a_framed_message_without_a_registry_is_refused(value: bytes) -> None:
    message = Message(None, value, [], 0, 0, VECTORS["now"])
    assert outcome(message, registry=False) == {"stage": "decode", "code": "no-registry"}


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("sluice.source-offset", b"9007199254740992"),
        ("sluice.event-time", b"253402300800000"),
        ("sluice.event-time", b"12\n"),
        ("sluice.source-offset", "\u0661".encode()),
    ],
)
def test_a_header_of_ours_that_cannot_be_ordered_by_is_refused(header: str, value: bytes) -> None:
    message = message_of({**FIRST, "headers": []})
    message = Message(message.key, message.value, [(header, value)], 0, 0, message.timestamp)
    assert outcome(message) == {"stage": "decode", "code": "bad-write-timestamp"}


def test_a_redriven_record_is_compared_by_its_first_offset() -> None:
    message = message_of(FIRST)
    redriven = Message(message.key, None, [("sluice.source-offset", b"7")], 0, 9, message.timestamp)
    decoded = MessageDecoder(None).decode(redriven, VECTORS["now"])
    assert (decoded.version_offset, decoded.row) == (7, None)


@pytest.mark.parametrize("key", [b"\xff" * 36, FIRST["key"].encode() + b" ", b""])
def test_a_key_that_is_not_the_uuid_as_text_is_refused(key: bytes) -> None:
    message = message_of(FIRST)
    assert outcome(Message(key, message.value, [], 0, 0, VECTORS["now"]))["code"] == "key-mismatch"
    assert outcome(Message(key, None, [], 0, 0, VECTORS["now"]))["code"] == "bad-key"


def test_an_error_names_field_and_reason_and_no_value() -> None:
    decoder = MessageDecoder(None)
    secret = b'{"uuid":"7a0eed16-9430-4d68-901f-c0d4c1c3bf00","age":"hunter2"}'
    with pytest.raises(DataError) as caught:
        decoder.decode(Message(None, secret, [], 0, 0, VECTORS["now"]), VECTORS["now"])
    assert str(caught.value) == "age:not-a-number: the string does not hold a JSON number"
    assert caught.value.__cause__ is None
