"""A decoder for each schema that messages were written with, by the id in the message."""

from __future__ import annotations

import time
from collections.abc import Callable, Set
from dataclasses import dataclass
from typing import Final, Protocol

from sluice_spark.avro_decoder import AvroDecoder
from sluice_spark.data_errors import DataError, SchemaError
from sluice_spark.record_schema import RecordSchema
from sluice_spark.registry_transport import RegistryError
from sluice_spark.schema_registry import WriterSchema

#: How often the registry is asked again for an id that it does not know.
_POLL_S: Final = 0.5
#: How long an id that the registry does not know is refused before it is asked again: it may have been restored.
_REFUSAL_S: Final = 60.0
#: Ids come from the data: beyond so many, those that the batch does not need are forgotten, and asked for again.
_MAX_IDS: Final = 10_000
#: Errors of the registry that say of the schema itself that it can never be read.
_UNREADABLE: Final = frozenset(("not-avro", "reference-cycle"))


class SchemaSource(Protocol):
    """Where the schemas are: a `SchemaRegistry` is one."""

    def schema_by_id(self, schema_id: int) -> WriterSchema:
        """The schema; raises RegistryError."""
        ...


@dataclass(frozen=True)
class _Refused:
    reason: str
    until: float
    #: Of the schema or the registry's code, never of a record.
    why: str


class WriterSchemas:
    """Decoders by schema id: looked up once and kept, for the life of the worker."""

    def __init__(
        self,
        schema: RecordSchema,
        source: SchemaSource,
        unknown_schema_wait_s: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Args: unknown_schema_wait_s: how long an id is asked for again; a replica of the registry may be behind."""
        self._schema = schema
        self._source = source
        self._wait_s = unknown_schema_wait_s
        self._clock = clock
        self._sleep = sleep
        self._entries: dict[int, AvroDecoder | _Refused] = {}

    def look_up(self, ids: Set[int]) -> None:
        """Looks up the schemas of a batch together, so that several unknown ones are waited for once.

        Raises:
            RegistryError: where the registry does not answer, or refuses: nothing can be said of the messages then.
        """
        for known in [known for known in self._entries if known not in ids][: max(0, len(self._entries) - _MAX_IDS)]:
            del self._entries[known]
        # an id that no registry gives out is not asked for
        self._entries.update(
            {
                schema_id: _Refused("unknown-schema", float("inf"), "schema-not-found")
                for schema_id in ids
                if schema_id < 0
            }
        )
        missing = {schema_id for schema_id in ids if self._is_asked_for(schema_id)}
        deadline = self._clock() + self._wait_s
        while missing:
            last = self._clock() >= deadline
            missing = {schema_id for schema_id in missing if not self._ask(schema_id)}
            if missing and last:
                refused = _Refused("unknown-schema", self._clock() + _REFUSAL_S, "schema-not-found")
                self._entries.update(dict.fromkeys(missing, refused))
                return
            if missing:
                self._sleep(_POLL_S)

    def decoder_of(self, schema_id: int) -> AvroDecoder:
        """The decoder of an id that was looked up.

        Raises:
            DataError: `unknown-schema`, `incompatible-schema`.
        """
        entry = self._entries[schema_id]
        if isinstance(entry, _Refused):
            raise DataError(entry.reason, detail=f"schema {schema_id}: {entry.why}")
        return entry

    def _is_asked_for(self, schema_id: int) -> bool:
        entry = self._entries.get(schema_id)
        return entry is None or (isinstance(entry, _Refused) and entry.until <= self._clock())

    def _ask(self, schema_id: int) -> bool:
        """False where the registry answers, and does not know the id."""
        try:
            writer = self._source.schema_by_id(schema_id)
        except RegistryError as error:
            if error.code in _UNREADABLE:
                self._entries[schema_id] = _Refused("incompatible-schema", float("inf"), error.code)
            elif error.code == "schema-not-found":
                return False
            else:
                raise
            return True
        try:
            self._entries[schema_id] = AvroDecoder(self._schema, writer.avsc, writer.references)
        except Exception as error:
            # whoever may register a schema writes it: whatever it makes the resolution raise, only its messages are refused
            why = str(error) if isinstance(error, SchemaError) else type(error).__name__
            self._entries[schema_id] = _Refused("incompatible-schema", float("inf"), why)
        return True
