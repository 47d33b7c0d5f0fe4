"""Shorter forms of a record for a dead-letter topic that refuses it for its size, byte for byte those of the stream-writer.

As `libs/kafka-client/src/shortened-letter.ts`: the value is shortened first, then the key, then the headers; lengths in bytes
and SHA-256 digests of what was shortened are in `dlq.*` headers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Final, NamedTuple

Headers = Sequence[tuple[str, bytes | None]]

#: Bytes that a shortened value or key keeps.
KEPT_BYTES: Final = 1_024
#: Headers that order a record and count its redrives, which stay where the headers are left out.
_OWN: Final = (
    *("sluice.write-timestamp", "sluice.event-time"),
    *("sluice.source-offset", "sluice.redrive-count"),
)
#: Longest of them that stays, bytes: all are numbers.
_LONGEST_OWN: Final = 64


class Summary(NamedTuple):
    """What a dead letter says of a part that it does not carry whole."""

    length: int
    sha256: str


class Content(NamedTuple):
    """A record as a dead letter carries it."""

    key: bytes | None
    value: bytes | None
    headers: Headers
    #: Of the whole value, where `value` is only its beginning.
    whole_value: Summary | None = None


class Form(NamedTuple):
    """What is sent of a record: its headers end with those that describe what was shortened."""

    key: bytes | None
    value: bytes | None
    headers: Headers


def forms(record: Content) -> Iterator[Form]:
    """The record as it is, then ever smaller forms, each only where it is smaller than the one before."""
    if record.whole_value is None:
        yield Form(record.key, record.value, record.headers)
    if record.whole_value is not None or _is_long(record.value):
        yield _shortened(record, ("value",))
    if _is_long(record.key):
        yield _shortened(record, ("value", "key"))
    if len(encode_headers(record.headers)) > KEPT_BYTES:
        yield _shortened(record, ("value", "key", "headers"))


def encode_headers(headers: Headers) -> bytes:
    """Headers as a record of Kafka's format 2 has them, without their count."""
    encoded = bytearray()
    for name, value in headers:
        text = name.encode()
        encoded += _varint(len(text)) + text
        encoded += _varint(-1) if value is None else _varint(len(value)) + value
    return bytes(encoded)


def _shortened(record: Content, cut: Sequence[str]) -> Form:
    key, value, headers, whole_value = record
    about = [("dlq.shortened", ",".join(cut).encode())]
    if value is not None:
        about += _described("value", whole_value or _summary(value))
    if "key" in cut and key is not None:
        about += _described("key", _summary(key))
    if "headers" in cut:
        about += _described("headers", _summary(encode_headers(headers)))
        about.append(("dlq.headers.count", str(len(headers)).encode()))
    return Form(
        key[:KEPT_BYTES] if "key" in cut and key is not None else key,
        None if value is None else value[:KEPT_BYTES],
        [*(_own(headers) if "headers" in cut else headers), *about],
    )


def _described(part: str, summary: Summary) -> list[tuple[str, bytes]]:
    return [(f"dlq.{part}.length", str(summary.length).encode()), (f"dlq.{part}.sha256", summary.sha256.encode())]


def _own(headers: Headers) -> Headers:
    last = dict(headers)
    return [(name, value) for name in _OWN if (value := last.get(name)) and len(value) <= _LONGEST_OWN]


def _is_long(data: bytes | None) -> bool:
    return data is not None and len(data) > KEPT_BYTES


def _summary(data: bytes) -> Summary:
    return Summary(len(data), sha256(data).hexdigest())


def _varint(number: int) -> bytes:
    """Zigzag, as in Protocol Buffers."""
    rest = (number << 1) ^ (number >> 63)
    encoded = bytearray()
    while rest > 0x7F:
        encoded.append(rest & 0x7F | 0x80)
        rest >>= 7
    encoded.append(rest)
    return bytes(encoded)
