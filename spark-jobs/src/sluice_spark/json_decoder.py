"""Reads JSON records fast: with Python's own parser, and with the exact reader where anything is out of the ordinary."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from json import scanner
from typing import Any, Final, NoReturn

from sluice_spark.data_errors import DataError
from sluice_spark.json_reader import JsonReader
from sluice_spark.record_schema import MISSING, FieldRule, RecordSchema
from sluice_spark.values import from_number, from_string

_SURROGATE: Final = re.compile(rb"\\u[dD][89a-fA-F]")
_NOT_SPACE: Final = re.compile(r"[^ \t\n\r]")


class _NumberText(str):
    """A JSON number as it is written, to be told from a string."""

    __slots__ = ()


class _UnusualError(Exception):
    """Something that the exact reader has to look at."""


class JsonDecoder:
    """Reads values as records of one schema.

    Python's parser, which is written in C, takes what the exact reader refuses: duplicate keys, NaN, lone surrogates; and
    it finds faults in another order. So it is only asked about records without fault: whatever is unusual goes to the exact
    reader, whose word is final.
    """

    def __init__(self, schema: RecordSchema) -> None:
        self._exact = JsonReader(schema)
        self._scan = scanner.make_scanner(
            # its type is that of the scanner that it makes, as far as typeshed knows
            json.JSONDecoder(  # type: ignore[arg-type]
                object_pairs_hook=tuple,
                parse_float=_NumberText,
                parse_int=_NumberText,
                parse_constant=_refuse,
            )
        )
        self._absent = [rule.when_absent for rule in schema.fields]
        self._strings = [(index, rule.name) for index, rule in enumerate(schema.fields) if _is_plain_string(rule)]
        self._others = [
            (index, rule.name, _token_reader(rule))
            for index, rule in enumerate(schema.fields)
            if not _is_plain_string(rule)
        ]
        self._aliases = frozenset(alias for rule in schema.fields for alias in rule.aliases)

    def decode(self, value: bytes) -> list[Any]:
        """Reads one value, UTF-8 JSON text of one object, as the values of the schema's fields.

        Raises:
            DataError: for the first fault in reading order; absent fields are looked for last.
        """
        try:
            return self._decode_usual(value)
        # Unusual, not JSON (StopIteration, ValueError), nested too deep for the parser, or a field at fault.
        except (_UnusualError, DataError, StopIteration, ValueError, RecursionError):
            return self._exact.decode(value)

    def _decode_usual(self, value: bytes) -> list[Any]:
        if b"\\u" in value and _SURROGATE.search(value):
            raise _UnusualError
        text = value.decode("utf-8")
        pairs, end = self._scan(text, 0)
        if type(pairs) is not tuple or (end != len(text) and _NOT_SPACE.search(text, end)):
            raise _UnusualError
        found = dict(pairs)
        if len(found) != len(pairs):
            raise _UnusualError

        values = self._absent.copy()
        known = 0
        get = found.get
        for index, name in self._strings:
            token = get(name, MISSING)
            if type(token) is str:
                values[index] = token
            elif token is None:
                values[index] = None
            elif token is MISSING:
                continue
            elif type(token) is _NumberText:
                values[index] = str(token)
            else:
                raise _UnusualError
            known += 1
        for index, name, read in self._others:
            token = get(name, MISSING)
            if token is not MISSING:
                values[index] = read(token)
                known += 1
            elif values[index] is MISSING:
                raise _UnusualError
        if known != len(found):
            self._check_unknown(found)
        return values

    def _check_unknown(self, found: dict[str, Any]) -> None:
        # what is nested in an unknown field is only to be read over, but has a limit of depth
        if any(name in self._aliases or type(value) in (tuple, list) for name, value in found.items()):
            raise _UnusualError


def _is_plain_string(rule: FieldRule) -> bool:
    return rule.kind == "string" and rule.nullable


def _token_reader(rule: FieldRule) -> Callable[[Any], Any]:
    read_string, read_number = from_string(rule), from_number(rule)

    def read(token: Any) -> Any:
        kind = type(token)
        if kind is str:
            return read_string(token)
        if kind is _NumberText:
            return read_number(token)
        if token is None and rule.nullable:
            return None
        if kind is bool and rule.kind == "boolean":
            return token
        raise _UnusualError

    return read


def _refuse(_: str) -> NoReturn:
    raise _UnusualError
