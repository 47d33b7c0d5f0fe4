"""What the two writers left, compared cell by cell and letter by letter."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from cassandra.cluster import Session
from confluent_kafka import Message

from parity.topic import headers_of

Cells = Mapping[str, tuple[object, int | None]]
"""By column: the value and its write timestamp."""
Rows = Mapping[str, Cells]
LetterKey = tuple[str, str, str]
NOT_COMPARED = ("dlq.error.message", "dlq.pipeline")
"""A text that is each writer's own, and the name of its group."""


def read_rows(session: Session, keyspace: str, columns: Sequence[str]) -> Rows:
    """Every row by its uuid, with the write timestamp of every cell."""
    values = [column for column in columns if column != "uuid"]
    selected = ", ".join(["uuid", *values, *(f"WRITETIME({column})" for column in values)])
    rows = session.execute(f"SELECT {selected} FROM {keyspace}.user_records")  # noqa: S608 (a name of ours)
    return {
        str(row[0]): {column: (row[1 + i], row[1 + len(values) + i]) for i, column in enumerate(values)}
        for row in map(tuple, rows)
    }


def compare_rows(one: Rows, other: Rows) -> tuple[int, list[str]]:
    """How many cells were compared, each with its write timestamp, and what differs. No value of a record is told."""
    compared = 0
    differences = []
    for uuid in sorted({*one, *other}):
        if uuid not in one or uuid not in other:
            differences.append(
                f"row {uuid} is only in the table of the {'stream-writer' if uuid in one else 'Spark job'}"
            )
            continue
        for column, (value, write_timestamp) in one[uuid].items():
            other_value, other_timestamp = other[uuid][column]
            compared += 2
            if not _same(value, other_value):
                differences.append(f"row {uuid}: another {column}")
            if write_timestamp != other_timestamp:
                differences.append(f"row {uuid}: WRITETIME({column}) is {write_timestamp} and {other_timestamp}")
    return compared, differences


def _same(one: object, other: object) -> bool:
    # 0.0 and -0.0 are equal, and are not the same cell
    if isinstance(one, float) and isinstance(other, float):
        return one == other and math.copysign(1, one) == math.copysign(1, other)
    return one == other


def letters_of(messages: Sequence[Message]) -> dict[LetterKey, Any]:
    """The distinct letters, by the topic, partition and offset of their record."""
    letters = {}
    for message in messages:
        headers = [(name, value) for name, value in headers_of(message) if name not in NOT_COMPARED]
        about = {name: (value or b"").decode() for name, value in headers if name.startswith("dlq.source.")}
        key = (about["dlq.source.topic"], about["dlq.source.partition"], about["dlq.source.offset"])
        letters[key] = (message.key(), message.value(), headers)
    return letters


def compare_letters(one: Mapping[LetterKey, Any], other: Mapping[LetterKey, Any]) -> list[str]:
    """What differs between the letters of the two writers."""
    differences = []
    for key in sorted({*one, *other}):
        name = f"{key[0]}[{key[1]}]@{key[2]}"
        if key not in one or key not in other:
            which = "stream-writer" if key in one else "Spark job"
            code = _code((one.get(key) or other[key])[2])
            differences.append(f"letter of {name} is only the {which}'s ({code})")
        elif one[key] != other[key]:
            differences.append(
                f"letter of {name} ({_code(one[key][2])}): another {', '.join(_parts(one[key], other[key]))}"
            )
    return differences


def _parts(one: Any, other: Any) -> list[str]:
    """Which parts of two letters differ."""
    parts = [part for i, part in enumerate(("key", "value")) if one[i] != other[i]]
    headers, other_headers = dict(one[2]), dict(other[2])
    parts += [name for name in headers | other_headers if headers.get(name) != other_headers.get(name)]
    return parts or ["order of headers"]


def codes_of(letters: Mapping[LetterKey, Any]) -> set[str]:
    """The codes, without the names of the fields in them."""
    return {_code(headers).rpartition(":")[2] for _, _, headers in letters.values()}


def _code(headers: Sequence[tuple[str, bytes | None]]) -> str:
    return (dict(headers).get("dlq.error.code") or b"").decode()
