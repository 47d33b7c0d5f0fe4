"""Dates and date-times of ISO-8601, exactly as `libs/record-schema/src/instant.ts` reads them."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from sluice_spark.data_errors import DataError

_DAY: Final = r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
_TIME: Final = r"[Tt ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]+))?)?"
_ZONE: Final = r"(?:[Zz]|([+-])([0-9]{2})(?::?([0-9]{2}))?)"
_INSTANT: Final = re.compile(f"{_DAY}(?:{_TIME}{_ZONE})?")
_WITHOUT_ZONE: Final = re.compile(f"{_DAY}{_TIME}")
_DATE: Final = re.compile(_DAY)

_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
#: Days of the years 0 to 3, of which 0 is a leap year. Python has no year 0, but year 4 has the same days.
_DAYS_OF_FOUR_YEARS: Final = 1461
_MICROS_PER_DAY: Final = 86_400_000_000
_FIRST_DAY: Final = date.min.toordinal() - _EPOCH_DAY
_LAST_DAY: Final = date.max.toordinal() - _EPOCH_DAY


def parse_instant_micros(text: str, field: str) -> int:
    """Reads a date (midnight UTC) or a date-time with a zone as epoch microseconds, floored.

    Raises:
        DataError: `bad-timestamp`, `no-time-zone`, `impossible-date` of the field.
    """
    match = _INSTANT.fullmatch(text)
    if match is None:
        raise DataError("no-time-zone" if _WITHOUT_ZONE.fullmatch(text) else "bad-timestamp", field)
    year, month, day, hour, minute, second, fraction, sign, zone_hours, zone_minutes = match.groups()
    micros = _days(int(year), int(month), int(day), field) * _MICROS_PER_DAY
    if hour is None:
        return micros
    hours, minutes, seconds = int(hour), int(minute), int(second or 0)
    if hours > 23 or minutes > 59 or seconds > 59:
        raise DataError("impossible-date", field)
    if sign is not None:
        east = _minutes_east(sign, int(zone_hours), int(zone_minutes or 0), field)
        minutes -= east
    micros += ((hours * 60 + minutes) * 60 + seconds) * 1_000_000
    # Digits beyond the sixth are dropped: time runs upwards before 1970 too, so that this floors.
    return micros + int(fraction[:6].ljust(6, "0")) if fraction else micros


def check_date(text: str, field: str) -> str:
    """Gives a date `YYYY-MM-DD` from 0001-01-01 to 9999-12-31 back.

    Raises:
        DataError: `bad-date`, `impossible-date`, `out-of-range` of the field.
    """
    match = _DATE.fullmatch(text)
    if match is None:
        raise DataError("bad-date", field)
    year, month, day = (int(part) for part in match.groups())
    _days(year, month, day, field)
    if year == 0:
        raise DataError("out-of-range", field)
    return text


def date_of_days(days: int, field: str) -> str:
    """The date a number of days after 1970-01-01, as `YYYY-MM-DD`.

    Raises:
        DataError: `out-of-range` of the field.
    """
    if days < _FIRST_DAY or days > _LAST_DAY:
        raise DataError("out-of-range", field)
    return date.fromordinal(days + _EPOCH_DAY).isoformat()


def _days(year: int, month: int, day: int, field: str) -> int:
    try:
        if year == 0:
            return date(4, month, day).toordinal() - _DAYS_OF_FOUR_YEARS - _EPOCH_DAY
        return date(year, month, day).toordinal() - _EPOCH_DAY
    except ValueError:
        raise DataError("impossible-date", field) from None


def _minutes_east(sign: str, hours: int, minutes: int, field: str) -> int:
    if hours > 23 or minutes > 59:
        raise DataError("impossible-date", field)
    east = hours * 60 + minutes
    return -east if sign == "-" else east
