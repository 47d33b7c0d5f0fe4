from __future__ import annotations

from typing import Any

import pytest

from sluice_spark.data_errors import DataError
from sluice_spark.record_schema import parse_schema
from sluice_spark.registry_transport import RegistryError
from sluice_spark.schema_registry import WriterSchema
from sluice_spark.writer_schemas import WriterSchemas

AVSC = {"type": "record", "name": "T", "fields": [{"name": "a", "type": "int"}]}


class Registry:
    """Schemas that come to be, and a clock that goes on when somebody sleeps."""

    def __init__(self, **schemas: Any) -> None:
        self.schemas = {int(name[1:]): schema for name, schema in schemas.items()}
        self.asked: list[int] = []
        self.now = 100.0
        self.at: dict[float, Any] = {}
        self.failure: RegistryError | None = None

    def schema_by_id(self, schema_id: int) -> WriterSchema:
        self.asked.append(schema_id)
        if self.failure:
            raise self.failure
        for moment, schemas in self.at.items():
            if self.now >= moment:
                self.schemas |= schemas
        found = self.schemas.get(schema_id)
        if isinstance(found, RegistryError):
            raise found
        if found is None:
            raise RegistryError("schema-not-found", "no such schema")
        return WriterSchema(found)

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def writers(self, wait_s: float = 5) -> WriterSchemas:
        return WriterSchemas(parse_schema(AVSC), self, wait_s, lambda: self.now, self.sleep)


def reason_of(writers: WriterSchemas, schema_id: int) -> str:
    with pytest.raises(DataError) as caught:
        writers.decoder_of(schema_id)
    return caught.value.code


def test_a_schema_is_looked_up_once() -> None:
    registry = Registry(_1=AVSC)
    writers = registry.writers()
    writers.look_up({1})
    writers.look_up({1})
    assert registry.asked == [1]
    assert writers.decoder_of(1).decode(b"\x0e") == [7]


def test_a_schema_that_the_registry_learns_in_time_is_read() -> None:
    registry = Registry()
    registry.at = {103.0: {4: AVSC}}
    writers = registry.writers()
    writers.look_up({4})
    assert writers.decoder_of(4).decode(b"\x0e") == [7]
    assert registry.now == 103.0


def test_unknown_ids_are_waited_for_together_and_then_refused_for_a_while() -> None:
    registry = Registry(_1=AVSC)
    writers = registry.writers()
    writers.look_up({1, 2, 3})
    assert [reason_of(writers, 2), reason_of(writers, 3), registry.now] == ["unknown-schema", "unknown-schema", 105.0]

    asked = len(registry.asked)
    writers.look_up({2})
    assert (len(registry.asked), registry.now) == (asked, 105.0)

    registry.now += 60
    registry.schemas[2] = AVSC
    writers.look_up({2})
    assert writers.decoder_of(2).decode(b"\x0e") == [7]


def test_an_id_that_no_registry_gives_out_is_not_asked_for() -> None:
    registry = Registry()
    writers = registry.writers()
    writers.look_up({-1})
    assert (reason_of(writers, -1), registry.asked) == ("unknown-schema", [])


@pytest.mark.parametrize(
    "schema",
    [
        RegistryError("not-avro", "it is Protobuf"),
        RegistryError("reference-cycle", "a -> a"),
        {**AVSC, "name": "Other"},
        "string",
    ],
)
def test_a_schema_that_can_never_be_read_is_incompatible(schema: Any) -> None:
    registry = Registry(_1=schema)
    writers = registry.writers()
    writers.look_up({1})
    writers.look_up({1})
    assert (reason_of(writers, 1), registry.asked) == ("incompatible-schema", [1])


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        (None, "schema-not-found"),
        (RegistryError("not-avro", "http://registry/schemas/ids/1 is Protobuf"), "not-avro"),
        (
            {**AVSC, "fields": [{"name": "a", "type": "string"}]},
            "field a: written as string and cannot be read as int",
        ),
    ],
)
def test_a_refusal_says_which_schema_and_which_field_and_why(schema: Any, why: str) -> None:
    registry = Registry(_1=schema)
    writers = registry.writers()
    writers.look_up({1})
    with pytest.raises(DataError) as caught:
        writers.decoder_of(1)
    assert str(caught.value).endswith(f" (schema 1: {why})")


def test_a_registry_that_is_away_fails_the_batch_and_no_record() -> None:
    registry = Registry(_1=AVSC)
    registry.failure = RegistryError("unreachable", "cannot reach it")
    writers = registry.writers()
    with pytest.raises(RegistryError, match="cannot reach"):
        writers.look_up({1})
    registry.failure = None
    writers.look_up({1})
    assert writers.decoder_of(1).decode(b"\x0e") == [7]


def test_ids_of_earlier_batches_make_room_for_new_ones() -> None:
    registry = Registry()
    writers = registry.writers(wait_s=0)
    writers.look_up(set(range(12_000)))
    writers.look_up({12_000})
    registry.asked.clear()
    writers.look_up(set(range(12_001)))
    assert len(registry.asked) == 2_000


def test_a_schema_that_makes_its_resolution_fail_refuses_its_messages() -> None:
    def nested(depth: int) -> Any:
        deep: Any = "int"
        for number in range(depth):
            deep = {"type": "record", "name": f"R{number}", "fields": [{"name": "r", "type": ["null", deep]}]}
        return {"type": "record", "name": "T", "fields": [AVSC["fields"][0], {"name": "unknown", "type": deep}]}

    # parsed, and too deep for what is made of it: at which depth depends on the stack that is left
    registry = Registry(_1=AVSC, **{f"_{depth}": nested(depth) for depth in range(50, 400, 20)})
    writers = registry.writers()
    writers.look_up(set(registry.schemas))
    assert reason_of(writers, 390) == "incompatible-schema"
    assert writers.decoder_of(1).decode(b"\x0e") == [7]
