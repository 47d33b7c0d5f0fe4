"""What the row has beside the message; `libs/user-schema/vectors/enrichment.json` holds what it must give."""

from __future__ import annotations

from typing import Final

#: Youngest age of each group, oldest group first.
_AGE_GROUPS: Final = (
    (65, "65-plus"),
    (55, "55-64"),
    (45, "45-54"),
    (35, "35-44"),
    (25, "25-34"),
    (18, "18-24"),
    (0, "under-18"),
)
#: What else is white space differs between languages.
_ASCII_WHITE_SPACE: Final = " \t\n\v\f\r"
#: Letters of Unicode 15 to 17, which Node 24 knows and Python 3.11 does not.
_NEWER_LOWER_CASE: Final = {
    0x1C89: 0x1C8A,
    0xA7CB: 0x0264,
    0xA7DC: 0x019B,
    **{capital: capital + 1 for capital in (0xA7CC, 0xA7CE, 0xA7D2, 0xA7D4, 0xA7DA)},
    **{capital: capital + 0x20 for capital in range(0x10D50, 0x10D66)},
    **{capital: capital + 0x1B for capital in range(0x16EA0, 0x16EB9)},
}


def full_name(first: str | None, last: str | None) -> str | None:
    """First and last name, one space between, without ASCII white space at the ends."""
    if first is None:
        return None if last is None else last.strip(_ASCII_WHITE_SPACE)
    return (first if last is None else f"{first} {last}").strip(_ASCII_WHITE_SPACE)


def email_domain(email: str | None) -> str | None:
    """What follows the last @ of an e-mail address, in lower case."""
    if email is None:
        return None
    _, at, domain = email.rpartition("@")
    if not at or not domain:
        return None
    return domain.lower() if domain.isascii() else domain.lower().translate(_NEWER_LOWER_CASE)


def age_group(age: int | None) -> str | None:
    """The group that an age in years, from 0, belongs to."""
    if age is None:
        return None
    return next(name for youngest, name in _AGE_GROUPS if age >= youngest)
