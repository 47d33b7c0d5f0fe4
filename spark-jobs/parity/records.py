"""What the topic holds beside the users of the producer: every kind of change, and every reason to be refused."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

Headers = list[tuple[str, bytes | None]]

HOUR_MS = 3_600_000
VECTOR_UUID = "7a0eed16-9430-4d68-901f-c0d4c1c3bf00"


@dataclass(frozen=True)
class Record:
    """A record to be produced. Its partition is that of its key."""

    key: bytes | None
    value: bytes | None
    headers: Headers
    timestamp_ms: int


@dataclass(frozen=True)
class Produced:
    """A user that the producer has brought into the topic."""

    uuid: str
    record: Record
    write_timestamp: int


def changes(users: Sequence[Produced], now_ms: int) -> Iterator[Record]:
    """Of ten in fifty users: duplicates, deletes, late and newer updates, several in one millisecond, and invalid ones."""
    for i, user in enumerate(users):
        yield from _changes_of(user, i % 50, now_ms)


def _changes_of(user: Produced, kind: int, now_ms: int) -> Iterator[Record]:
    second = 1_000_000
    wt = user.write_timestamp
    if kind == 1:
        yield user.record
    elif kind == 2:
        yield _delete(user, None, now_ms)
    elif kind == 3:
        yield _delete(user, wt - second, now_ms)
    elif kind == 4:
        yield _update(user, wt - second, now_ms, city="late")
    elif kind == 5:
        yield _update(user, wt + second, now_ms, city="newer", latitude=-0.0, longitude="12.50")
    elif kind == 6:
        for city in ("first", "second", "third"):
            yield _update(user, None, now_ms, city=city)
    elif kind == 7:
        yield _update(user, wt + second, now_ms, age=None)
    elif kind == 8:
        yield _update(user, wt + second, now_ms, age="old")
    elif kind == 9:
        yield _delete(user, wt + 2 * second, now_ms)
        yield _update(user, wt + second, now_ms, city="after the delete, and older")
    elif kind == 10:
        yield _update(user, wt + second, now_ms, city="before the delete")
        yield _delete(user, wt + 2 * second, now_ms)
        yield _update(user, wt + 3 * second, now_ms, city="back again", email="Someone@Example.ORG")


def _update(user: Produced, write_timestamp: int | None, now_ms: int, **fields: object) -> Record:
    value = json.dumps({"uuid": user.uuid, "first_name": " Ana ", "age": 41, **fields}).encode()
    return Record(user.uuid.encode(), value, _write_timestamp(write_timestamp), now_ms)


def _delete(user: Produced, write_timestamp: int | None, now_ms: int) -> Record:
    return Record(user.uuid.encode(), None, _write_timestamp(write_timestamp), now_ms)


def _write_timestamp(value: int | None) -> Headers:
    return [] if value is None else [("sluice.write-timestamp", str(value).encode())]


def vector_records(vectors: Mapping[str, Any], ids: Mapping[int, int], now_ms: int) -> Iterator[Record]:
    """The golden messages, each of a user of its own, with the schema ids of this registry.

    The one without a timestamp is left out: librdkafka gives each record one.
    """
    shift_ms = now_ms - vectors["now"] - 5_000
    for number, message in enumerate(vectors["messages"]):
        if message["timestamp"] < 0:
            continue
        uuid = str(UUID(int=(0xC0FFEE << 100) + number))
        value = _value_of(message, ids)
        headers = [(name, None if text is None else text.encode()) for name, text in message["headers"]]
        yield Record(
            None if message["key"] is None else _as_user(message["key"].encode(), uuid),
            None if value is None else _as_user(value, uuid),
            _in_the_future(headers, vectors["now"], now_ms),
            message["timestamp"] + (shift_ms if message["timestamp"] <= vectors["now"] else shift_ms + HOUR_MS),
        )


def _value_of(message: Mapping[str, Any], ids: Mapping[int, int]) -> bytes | None:
    if "hex" not in message:
        return None if message["value"] is None else str(message["value"]).encode()
    value = bytes.fromhex(message["hex"])
    if len(value) < 5 or value[0] != 0:
        return value
    known = int.from_bytes(value[1:5], "big")
    if known == 0:
        # no id of four bytes, see the vectors
        return value
    return value[:1] + ids.get(known, 2_000_000_000).to_bytes(4, "big") + value[5:]


def _as_user(text: bytes, uuid: str) -> bytes:
    return text.replace(VECTOR_UUID.encode(), uuid.encode()).replace(
        VECTOR_UUID.upper().encode(), uuid.upper().encode()
    )


def _in_the_future(headers: Headers, vectors_now_ms: int, now_ms: int) -> Headers:
    """Write timestamps ahead of the vectors' clock stay ahead of ours."""
    ahead = (vectors_now_ms + HOUR_MS) * 1_000
    return [
        (name, str((now_ms + 2 * HOUR_MS) * 1_000).encode())
        if value and value.isdigit() and len(value) <= 16 and int(value) > ahead
        else (name, value)
        for name, value in headers
    ]


INVALID: Mapping[str, str | bytes] = {
    "bom": b'\xef\xbb\xbf{"uuid":"%s"}',
    "lone-surrogate": '{"uuid":"%s","city":"\\ud800"}',
    "control-character": '{"uuid":"%s","city":"a\nb"}',
    "wrong-type": '{"uuid":"%s","age":true}',
    "not-a-number": '{"uuid":"%s","latitude":"north"}',
    "not-an-integer": '{"uuid":"%s","age":1.5}',
    "non-finite": '{"uuid":"%s","latitude":1e999}',
    "out-of-range": '{"uuid":"%s","age":3000000000}',
    "bad-timestamp": '{"uuid":"%s","birthdate":"yesterday"}',
    "no-time-zone": '{"uuid":"%s","birthdate":"1990-01-01T00:00:00"}',
    "impossible-date": '{"uuid":"%s","birthdate":"1990-02-30"}',
    "too-deep": '{"uuid":"%s","more":' + "[" * 1_000 + "]" * 1_000 + "}",
    "nan": '{"uuid":"%s","latitude":NaN}',
    "single quotes": "{'uuid':'%s'}",
}
"""Messages that are refused for reasons that the golden messages do not have; %s is the uuid."""

EARLY = ("0001-01-01", "0001-01-01T00:00:00.001Z", "1500-02-28", "1500-03-01", "1582-10-04T23:59:59.999Z", "1582-10-10")
"""Of times before the calendar of the schema was in use, when another one had other days."""


def invalid_records(now_ms: int) -> Iterator[Record]:
    """One record for each of them, users of early times, and JSON as lenient as it may be."""
    for number, text in enumerate(INVALID.values()):
        uuid = str(UUID(int=(0xBAD << 100) + number)).encode()
        template = text.encode() if isinstance(text, str) else text
        yield Record(uuid, template.replace(b"%s", uuid), [("trace", b"\x00\xff"), ("empty", None)], now_ms)
    for number, birthdate in enumerate(EARLY):
        uuid = str(UUID(int=(0xEA << 100) + number)).encode()
        yield Record(uuid, json.dumps({"uuid": uuid.decode(), "birthdate": birthdate}).encode(), [], now_ms)
    uuid = str(UUID(int=0xF1E << 100)).encode()
    lenient = b' {"uuid":"%s","age":"42.0","latitude":"1e1","postcode":00.10,"birthdate":"1990-01-01","x":{"y":[1]}} '
    for value in (lenient, lenient.replace(b"00.10", b"0.10")):
        yield Record(uuid, value % uuid, [], now_ms)


def refused_records(now_ms: int) -> Iterator[Record]:
    """Rows that an index on `city` does not take: alone, before an older version, after one and before a delete."""
    large, small = "c" * 70_000, "small"
    for number, cities in enumerate([(large,), (small, large), (large, small), (small, large, large), (large, None)]):
        uuid = str(UUID(int=(0x1A6 << 100) + number))
        for version, city in enumerate(cities):
            value = None if city is None else json.dumps({"uuid": uuid, "city": city}).encode()
            yield Record(uuid.encode(), value, _write_timestamp((now_ms + version) * 1_000), now_ms + version)
