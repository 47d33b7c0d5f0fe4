"""What a message of the topic is to the table: an upsert, a delete, or a DataError, as the stream-writer decides."""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from sluice_spark.data_errors import DataError, TransformError
from sluice_spark.enrichment import age_group, email_domain, full_name
from sluice_spark.json_decoder import JsonDecoder
from sluice_spark.schemas import message_schema, row_schema
from sluice_spark.values import from_string
from sluice_spark.writer_schemas import WriterSchemas

#: Headers as Kafka keeps them (KIP-82): a list in the order of the record; keys may repeat, a value may be null.
Headers = Sequence[tuple[str, bytes | None]]

_WRITE_TIMESTAMP: Final = "sluice.write-timestamp"
#: 1970-04-26, us; the same number of milliseconds is the year 2286: what is smaller was not meant in microseconds.
_EARLIEST_WRITE_TIMESTAMP: Final = 10_000_000_000_000
_EVENT_TIME: Final = "sluice.event-time"
_SOURCE_OFFSET: Final = "sluice.source-offset"
_DIGITS: Final = re.compile(rb"[0-9]{1,19}")
_MAX_OFFSET: Final = 2**53 - 1
#: 9999-12-31T23:59:59.999Z, ms: columns of timestamps hold no later one in every client.
_MAX_EVENT_TIME: Final = 253_402_300_799_999
#: First byte of a message in Confluent's wire format, which no JSON begins with, and where its data begins.
_FRAMED: Final = b"\0"
_FRAME_BYTES: Final = 5
_SCHEMA_ID: Final = struct.Struct(">xi")
#: Where Confluent's HeaderSchemaIdSerializer puts the GUID of the schema; the value is the data alone then.
_SCHEMA_ID_HEADER: Final = "__value_schema_id"
#: Byte 0 and eight bytes of an id, as Apicurio's own serializers write it.
_LONG_FRAME_BYTES: Final = 9
#: What the row has after the fields of the message.
_ADDED: Final = ["full_name", "email_domain", "age_group", "source_partition", "source_offset", "event_time"]


class Message(NamedTuple):
    """A message of the topic. `timestamp` in ms since the epoch; -1: it has none."""

    key: bytes | None
    value: bytes | None
    headers: Headers
    partition: int
    offset: int
    timestamp: int


class Decoded(NamedTuple):
    """What a message means. The version of a row with the highest (`wt`, `version_offset`) is the newest."""

    #: The uuid, in lower case.
    row_key: str
    #: Microseconds since the epoch: the timestamp to write with.
    wt: int
    #: Offset of the message; of a redriven one the offset that it had first.
    version_offset: int
    #: The values of the row, in the order of its schema; None for a delete.
    row: list[Any] | None


class MessageDecoder:
    """Reads messages in JSON or, by their first byte, in Avro: timestamps, value and key are checked in that order."""

    def __init__(self, writers: WriterSchemas | None, max_clock_skew_ms: int = 3_600_000) -> None:
        """Args: writers: the schemas of Avro messages; None: such messages are refused (`no-registry`)."""
        schema = message_schema()
        names = [rule.name for rule in schema.fields]
        if [rule.name for rule in row_schema().fields] != names + _ADDED:
            raise AssertionError("the row is not the message and its enrichment: this code has to learn its fields")
        self._json = JsonDecoder(schema)
        self._writers = writers
        self._skew_ms = max_clock_skew_ms
        self._uuid = names.index("uuid")
        self._read_key = from_string(schema.fields[self._uuid])
        self._first, self._last = names.index("first_name"), names.index("last_name")
        self._email, self._age = names.index("email"), names.index("age")

    def look_up_schemas(self, values: Sequence[bytes | None], headers: Sequence[Headers]) -> None:
        """Looks up the schemas of the Avro messages among these values, with their headers; must come before they are decoded.

        Raises:
            RegistryError: where the registry is away.
        """
        if self._writers is not None:
            framed = (
                value
                for value, of_value in zip(values, headers, strict=True)
                if value is not None and value[:1] == _FRAMED and _unread_schema_id(value, of_value) is None
            )
            self._writers.look_up({schema_id(value) for value in framed if len(value) >= _FRAME_BYTES})

    def decode(self, message: Message, now_ms: int) -> Decoded:
        """Decodes one message.

        Args:
            message: whose schema, if it is in Avro, has been looked up.
            now_ms: the clock, ms since the epoch.

        Raises:
            DataError: for the first fault; its code is that of the dead letter.
            TransformError: where the enrichment fails.
        """
        wt = self._write_timestamp(message, now_ms)
        source_offset, event_time = message.offset, message.timestamp
        if message.headers:
            header_offset = _decimal_header(message.headers, _SOURCE_OFFSET, _MAX_OFFSET)
            header_time = _decimal_header(message.headers, _EVENT_TIME, _MAX_EVENT_TIME)
            source_offset = message.offset if header_offset is None else header_offset
            event_time = message.timestamp if header_time is None else header_time
        if message.value is None:
            uuid = None if message.key is None else self._key_of(message.key)
            if uuid is None:
                raise DataError("bad-key")
            return Decoded(uuid, wt, source_offset, None)

        row = self._decode_value(message.value, message.headers)
        uuid = row[self._uuid]
        key = message.key
        if key is not None and key != uuid.encode("ascii") and self._key_of(key) != uuid:
            raise DataError("key-mismatch")
        try:
            row += (
                full_name(row[self._first], row[self._last]),
                email_domain(row[self._email]),
                age_group(row[self._age]),
                message.partition,
                source_offset,
                event_time,
            )
        except Exception as error:
            raise TransformError(error) from error
        return Decoded(uuid, wt, source_offset, row)

    def _decode_value(self, value: bytes, headers: Headers) -> list[Any]:
        if value[:1] != _FRAMED:
            try:
                return self._json.decode(value)
            except DataError as error:
                # JSON may have a schema id in a header, too; what is no JSON is data that only the schema could tell
                if ":" not in error.code and _has_schema_id_header(headers):
                    raise DataError("schema-id-in-header") from error
                raise
        # what is no id must not be looked up
        unread = _unread_schema_id(value, headers)
        if unread is not None:
            raise DataError(unread)
        if self._writers is None:
            raise DataError("no-registry")
        if len(value) < _FRAME_BYTES:
            raise DataError("short-frame")
        return self._writers.decoder_of(schema_id(value)).decode(value, _FRAME_BYTES)

    def _write_timestamp(self, message: Message, now_ms: int) -> int:
        if message.timestamp < 0:
            raise DataError("missing-timestamp")
        header = _decimal_header(message.headers, _WRITE_TIMESTAMP) if message.headers else None
        wt = message.timestamp * 1000 + message.offset % 1000 if header is None else header
        if wt < _EARLIEST_WRITE_TIMESTAMP:
            raise DataError("bad-write-timestamp")
        latest = (now_ms + self._skew_ms) * 1000
        if message.timestamp * 1000 > latest or wt > latest:
            raise DataError("future-timestamp")
        return wt

    def _key_of(self, key: bytes) -> str | None:
        """Reads a key by the same rules as the field in a message."""
        try:
            uuid: str = self._read_key(key.decode("utf-8"))
        except (UnicodeDecodeError, DataError):
            return None
        return uuid


def _has_schema_id_header(headers: Headers) -> bool:
    return any(key == _SCHEMA_ID_HEADER for key, _ in headers)


def _unread_schema_id(framed: bytes, headers: Headers) -> str | None:
    """The code for a schema id in a form that is not read; None where it is in the form of five bytes."""
    if _has_schema_id_header(headers):
        return "schema-id-in-header"
    # no registry gives out id 0: these are the high bytes of a longer one
    if len(framed) >= _LONG_FRAME_BYTES and schema_id(framed) == 0:
        return "long-schema-id"
    return None


def schema_id(framed: bytes) -> int:
    """The id in a value of Confluent's wire format of five bytes or more."""
    number: int = _SCHEMA_ID.unpack_from(framed)[0]
    return number


def _decimal_header(headers: Headers, name: str, greatest: int | None = None) -> int | None:
    """A header that Sluice sets: ASCII digits. The last of that name counts; None where there is none.

    Raises:
        DataError: `bad-write-timestamp`: a record with a header of ours that is not so cannot be ordered.
    """
    for key, value in reversed(headers):
        if key != name:
            continue
        if value is None or _DIGITS.fullmatch(value) is None:
            raise DataError("bad-write-timestamp")
        number = int(value)
        if greatest is not None and number > greatest:
            raise DataError("bad-write-timestamp")
        return number
    return None
