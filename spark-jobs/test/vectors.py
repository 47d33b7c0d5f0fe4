"""The golden vectors that the TypeScript tests read, too."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

LIBS = Path(__file__).parents[2] / "libs"


def load(library: str, name: str) -> Any:
    """One file of vectors of a library."""
    return json.loads((LIBS / library / "vectors" / name).read_text("utf-8"))


def named(vectors: Iterable[dict[str, Any]]) -> list[Any]:
    """The vectors as parameters of a test, each under its name."""
    return [pytest.param(vector, id=vector["name"]) for vector in vectors]


def value_of(value: Any) -> Any:
    """A value as the vectors spell it, in Python."""
    if isinstance(value, list):
        return [value_of(one) for one in value]
    if not isinstance(value, dict):
        return value
    if "long" in value:
        return int(value["long"])
    if "double" in value:
        return float(value["double"])
    if "bytes" in value:
        return bytes.fromhex(value["bytes"])
    return record_of(value["record"])


def record_of(values: dict[str, Any]) -> dict[str, Any]:
    """A record as the vectors spell it, in Python."""
    return {name: value_of(value) for name, value in values.items()}


def spelled(value: Any) -> Any:
    """Tells apart what Python holds equal: true and 1, 0.0 and -0.0; and holds equal 90 and 90.0, which JSON writes alike."""
    if isinstance(value, dict):
        return {name: spelled(one) for name, one in value.items()}
    if isinstance(value, list):
        return [spelled(one) for one in value]
    if isinstance(value, bool | str | bytes) or value is None:
        return value
    return repr(float(value)) if float(value) == value and abs(value) < 2**53 else f"int {value}"
