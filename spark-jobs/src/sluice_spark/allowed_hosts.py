"""Which Host headers a server answers, as in the other apps: no web page may read it by a name that it lets point here."""

from __future__ import annotations

import re
from collections.abc import Collection
from ipaddress import ip_address

_HOST = re.compile(r"(?:\[([^\][]+)\]|([^:]+))(?::\d{1,5})?")


def is_allowed_host(header: str | None, allowed: Collection[str]) -> bool:
    """IP addresses, loopback names (RFC 6761) and the names given, in lower case; and no header, as no browser sends."""
    if not header:
        return True
    match = _HOST.fullmatch(header)
    if match is None:
        return False
    name = (match[1] or match[2]).lower().removesuffix(".")
    return _is_address(name) or name == "localhost" or name.endswith(".localhost") or name in allowed


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
