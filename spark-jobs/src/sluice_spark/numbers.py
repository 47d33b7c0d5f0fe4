"""Numbers as JSON writes them, read without loss, as `json-number.ts` and `decimal.ts` of libs/record-schema do."""

from __future__ import annotations

import ctypes
import re
from typing import Final

_JSON_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_PARTS: Final = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?)([0-9]+))?")
_PLAIN: Final = re.compile(r"-?[0-9]{1,18}")

#: Digits of the widest integer, a long. More digits than these are out of range for every type.
_MAX_DIGITS: Final = 19
#: Exponents of more digits are as good as infinite: no text is as long as they are large.
_MAX_EXPONENT_DIGITS: Final = 15


def is_json_number(text: str) -> bool:
    """Whether a text is a number as JSON writes one (RFC 8259, section 6)."""
    return _JSON_NUMBER.fullmatch(text) is not None


def exact_integer(number: str) -> int | str:
    """The exact value of a JSON number that is an integer, however it is written: `42`, `42.0`, `4.2e1`.

    Gives the reason `not-an-integer` or `out-of-range` where there is none of up to 19 digits.
    """
    if _PLAIN.fullmatch(number):
        return int(number)
    sign, digits, zeros = _significant(number)
    if not digits:
        return 0
    if zeros < 0:
        return "not-an-integer"
    if len(digits) + zeros > _MAX_DIGITS:
        return "out-of-range"
    return int(sign + digits + "0" * zeros)


def decimal_text(number: str, precision: int, scale: int) -> str | None:
    """The exact value of a JSON number with `scale` digits after the point: 12.5 is `12.50` with a scale of 2.

    None where digits are left beyond the scale, or there are more than `precision`.
    """
    sign, digits, zeros = _significant(number)
    if not digits:
        return decimal_of(0, scale)
    zeros += scale
    if zeros < 0 or len(digits) + zeros > precision:
        return None
    return _with_point(sign, digits + "0" * zeros, scale)


def decimal_of(unscaled: int, scale: int) -> str:
    """The decimal text of an unscaled value: `12.50` for 1250 with a scale of 2."""
    return _with_point("-" if unscaled < 0 else "", str(abs(unscaled)), scale)


def unscaled(decimal: str) -> int:
    """The unscaled value of a decimal text: 1250 for `12.50`."""
    return int(decimal.replace(".", ""))


def as_float(number: float) -> float:
    """The nearest number of 32 bits; infinite where there is none."""
    return ctypes.c_float(number).value


def _significant(number: str) -> tuple[str, str, int]:
    """Sign, the digits without zeros at the ends, and how many zeros follow them (negative: digits after the point)."""
    match = _PARTS.fullmatch(number)
    if match is None:
        raise ValueError("not a JSON number")
    sign, whole, fraction, exponent_sign, exponent_digits = match.groups(default="")
    digits = (whole + fraction).lstrip("0")
    significant = digits.rstrip("0")
    exponent_digits = exponent_digits.lstrip("0")
    exponent = int(exponent_digits[:_MAX_EXPONENT_DIGITS] or "0")
    if len(exponent_digits) > _MAX_EXPONENT_DIGITS:
        exponent = 10**_MAX_EXPONENT_DIGITS
    if exponent_sign == "-":
        exponent = -exponent
    return sign, significant, exponent - len(fraction) + len(digits) - len(significant)


def _with_point(sign: str, digits: str, scale: int) -> str:
    if scale == 0:
        return sign + digits
    padded = digits.rjust(scale + 1, "0")
    return f"{sign}{padded[:-scale]}.{padded[-scale:]}"
