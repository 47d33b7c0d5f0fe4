"""The schemas of the message and of the row, from the files of libs/user-schema, of which the wheel has a copy."""

from __future__ import annotations

import functools
import json
from importlib import resources
from pathlib import Path
from typing import Any

from sluice_spark.record_schema import RecordSchema, parse_schema


@functools.cache
def message_schema() -> RecordSchema:
    """The message: 21 fields of a user, of which only uuid is required."""
    return parse_schema(_load("user-record.avsc"))


@functools.cache
def row_schema() -> RecordSchema:
    """The row: the message's fields and what the enrichment adds."""
    return parse_schema(_load("user-row.avsc"))


def _load(name: str) -> Any:
    packed = resources.files("sluice_spark") / "schemas" / name
    if packed.is_file():
        return json.loads(packed.read_text("utf-8"))
    # in the workspace, where the sources run as they are
    return json.loads((Path(__file__).parents[3] / "libs" / "user-schema" / "avro" / name).read_text("utf-8"))
