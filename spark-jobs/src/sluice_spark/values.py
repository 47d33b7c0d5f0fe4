"""How the value of a field is made of a JSON token: the rows of the closed table in libs/record-schema/README.md."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any, Final, NoReturn, TypeVar

from sluice_spark.data_errors import DataError
from sluice_spark.instants import check_date, date_of_days, parse_instant_micros
from sluice_spark.numbers import as_float, decimal_text, exact_integer, is_json_number, unscaled
from sluice_spark.record_schema import FieldRule

Number = TypeVar("Number", int, float)
#: Makes a value of a token's text. Raises DataError.
FromText = Callable[[str], Any]

_LOWER_CASE_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def from_string(rule: FieldRule) -> FromText:
    """What a JSON string is to the field."""
    path = rule.path

    def boolean(text: str) -> bool:
        if text in ("true", "false"):
            return text == "true"
        raise DataError("not-a-boolean", path)

    def symbol(text: str) -> str:
        if text in rule.symbols:
            return text
        raise DataError("unknown-symbol", path)

    def octets(text: str) -> bytes:
        try:
            return text.encode("latin-1")
        except UnicodeEncodeError:
            raise DataError("not-bytes", path) from None

    def number(text: str) -> Any:
        if is_json_number(text):
            return read_number(text)
        raise DataError("not-a-number", path)

    read_number = from_number(rule)
    readers: dict[str, FromText] = {
        "string": lambda text: text,
        "uuid": lambda text: uuid_of(text, path),
        "boolean": boolean,
        "enum": symbol,
        "bytes": octets,
        "date": lambda text: check_date(text, path),
        "timestamp-millis": lambda text: in_range(rule, parse_instant_micros(text, path) // 1000),
        "timestamp-micros": lambda text: in_range(rule, parse_instant_micros(text, path)),
        "array": lambda _: _wrong_type(path),
        "record": lambda _: _wrong_type(path),
    }
    return readers.get(rule.kind, number)


def from_number(rule: FieldRule) -> FromText:
    """What a JSON number, given as it is written, is to the field."""
    path = rule.path

    def integer(text: str) -> int:
        value = exact_integer(text)
        if isinstance(value, str):
            raise DataError(value, path)
        return value

    def ranged_integer(text: str) -> int:
        return in_range(rule, integer(text))

    readers: dict[str, FromText] = {
        "string": str,
        "int": ranged_integer,
        "long": ranged_integer,
        "timestamp-millis": ranged_integer,
        "timestamp-micros": ranged_integer,
        "float": lambda text: in_range(rule, finite(rule, as_float(float(text)))),
        "double": lambda text: in_range(rule, finite(rule, float(text))),
        "decimal": lambda text: _decimal(rule, text),
        "date": lambda text: date_of_days(integer(text), path),
    }
    return readers.get(rule.kind, lambda _: _wrong_type(path))


def in_range(rule: FieldRule, value: Number) -> Number:
    """The value.

    Raises:
        DataError: `out-of-range` where it lies outside the bounds of its field.
    """
    if value < rule.low or value > rule.high:
        raise DataError("out-of-range", rule.path)
    return value


def finite(rule: FieldRule, value: float) -> float:
    """The value.

    Raises:
        DataError: `non-finite`.
    """
    if not math.isfinite(value):
        raise DataError("non-finite", rule.path)
    return value


def uuid_of(text: str, path: str) -> str:
    """The UUID in lower case.

    Raises:
        DataError: `bad-uuid`.
    """
    if _LOWER_CASE_UUID.fullmatch(text):
        return text
    lower = text.lower()
    if _LOWER_CASE_UUID.fullmatch(lower):
        return lower
    raise DataError("bad-uuid", path)


def _decimal(rule: FieldRule, number: str) -> str:
    text = decimal_text(number, rule.precision, rule.scale)
    if text is None:
        raise DataError("out-of-range", rule.path)
    in_range(rule, unscaled(text))
    return text


def _wrong_type(path: str) -> NoReturn:
    raise DataError("wrong-type", path)
