"""On a real registry, at SCHEMA_REGISTRY_URL."""

from __future__ import annotations

import json
import os
import uuid

import pytest

from parity.registry import register
from sluice_spark.registry_transport import RegistryError, RegistrySettings
from sluice_spark.schema_registry import SchemaRegistry
from sluice_spark.schemas import message_schema
from sluice_spark.writer_schemas import WriterSchemas
from vectors import LIBS

USER = json.loads((LIBS / "user-schema" / "avro" / "user-record.avsc").read_text("utf-8"))


@pytest.fixture
def url() -> str:
    found = os.environ.get("SCHEMA_REGISTRY_URL")
    if not found:
        pytest.fail("SCHEMA_REGISTRY_URL is not set: these tests need a real registry, see CONTRIBUTING.md")
    return found


def test_a_schema_is_found_by_its_id_with_what_it_refers_to(url: str) -> None:
    mark = f"t{uuid.uuid4().hex}"
    level = {"type": "enum", "name": "Level", "namespace": mark, "symbols": ["low"]}
    register(url, f"{mark}-level", level)
    holder = {"type": "record", "name": "Holder", "namespace": mark, "fields": [{"name": "a", "type": f"{mark}.Level"}]}
    reference = {"name": f"{mark}.Level", "subject": f"{mark}-level", "version": 1}
    schema_id = register(url, f"{mark}-value", holder, [reference])
    found = SchemaRegistry(RegistrySettings(url)).schema_by_id(schema_id)
    assert (found.avsc, found.references) == (holder, (level,))


def test_users_of_the_registered_schema_are_decoded(url: str) -> None:
    schema_id = register(url, f"t{uuid.uuid4().hex}-value", USER)
    writers = WriterSchemas(message_schema(), SchemaRegistry(RegistrySettings(url)))
    writers.look_up({schema_id})
    text = b"7a0eed16-9430-4d68-901f-c0d4c1c3bf00"
    value = b"".join(b"\x48" + text if field["name"] == "uuid" else b"\0" for field in USER["fields"])
    assert writers.decoder_of(schema_id).decode(value)[11] == text.decode()


def test_an_id_that_it_does_not_know(url: str) -> None:
    with pytest.raises(RegistryError) as caught:
        SchemaRegistry(RegistrySettings(url)).schema_by_id(2**31 - 1)
    assert caught.value.code == "schema-not-found"
