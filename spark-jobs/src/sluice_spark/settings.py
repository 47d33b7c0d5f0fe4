"""Settings from the environment, read by the same rules as those of the TypeScript apps."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from sluice_spark.errors import ConfigError

T = TypeVar("T")

UNITS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


class SettingsReader:
    """Reads settings by name and gathers every problem instead of ending with the first.

    A setting comes from `NAME` or, for secrets in files, from the file that `NAME_FILE` names, without the line break
    at its end. An empty value is an unset one; an empty file is a problem.
    """

    def __init__(self, env: Mapping[str, str]) -> None:
        """Reads from `env`, mostly `os.environ`."""
        self._env = env
        self.problems: list[str] = []

    def text(self, name: str, default: str | None = None, *, empty_is_a_value: bool = False) -> str | None:
        """The text of a setting; `default` where it is unset."""
        text = self._find(name)
        if text is None or (text == "" and not empty_is_a_value):
            return default
        return text

    def parsed(self, name: str, default: T, parse: Callable[[str], T]) -> T:
        """The value that `parse` makes of a setting; what it raises as ValueError says what the setting needs."""
        text = self.text(name)
        if text is None:
            return default
        try:
            return parse(text)
        except ValueError as error:
            self.problems.append(f"{name}: {error}")
            return default

    def raise_problems(self) -> None:
        """Raises ConfigError where there was any problem."""
        if self.problems:
            raise ConfigError(self.problems)

    def _find(self, name: str) -> str | None:
        file = self._env.get(f"{name}_FILE")
        if not file:
            return self._env.get(name)
        if self._env.get(name):
            self.problems.append(f"{name} and {name}_FILE are both set: keep one")
            return None
        try:
            text = re.sub(r"\r?\n\Z", "", Path(file).read_text(encoding="utf-8-sig"))
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
            self.problems.append(f"{name}_FILE: {file} cannot be read ({reason})")
            return None
        if text == "":
            self.problems.append(f"{name}_FILE: {file} is empty")
        return text


def comma_list(text: str) -> list[str]:
    """`a, b` as its parts, without empty ones."""
    return [part.strip() for part in text.split(",") if part.strip() != ""]


def brokers(text: str) -> list[str]:
    """`host:port,host:port`."""
    found = comma_list(text)
    if any(broker.startswith("[") for broker in found):
        # as in the other apps, whose client cannot reach them
        raise ValueError("takes no IPv6 addresses such as [::1]:9092: give a host name that has the address")
    wrong = [broker for broker in found if not _is_host_and_port(broker)]
    if not found or wrong:
        raise ValueError(f"needs brokers as host:port, separated by commas; wrong: {', '.join(wrong) or 'none given'}")
    return found


def hosts(text: str) -> list[str]:
    """`host,host`, each with a port of its own or without."""
    found = comma_list(text)
    if not found or any(re.search(r"[\s/]", host) for host in found):
        raise ValueError("needs host names or addresses, separated by commas")
    return found


def host_names(text: str) -> list[str]:
    """`host,host` in lower case, without ports."""
    found = [name.lower().removesuffix(".") for name in comma_list(text)]
    wrong = [name for name in found if not re.fullmatch(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*", name)]
    if wrong:
        raise ValueError(f"needs host names without a port, separated by commas; wrong: {', '.join(wrong)}")
    return found


def duration(text: str) -> int:
    """`500ms`, `10 s`, `5m`, `1h`, `7d`; in milliseconds."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)", text.strip())
    if not match:
        raise ValueError("needs a duration such as 500ms, 10s, 5m or 1h")
    return int(float(match[1]) * UNITS[match[2]])


def integer(least: int, greatest: int) -> Callable[[str], int]:
    """A whole number in that range."""

    def parse(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,18}", text) or not least <= int(text) <= greatest:
            raise ValueError(f"needs a whole number from {least} to {greatest}")
        return int(text)

    return parse


def share(text: str) -> float:
    """A number from 0 to 1."""
    if not re.fullmatch(r"0(\.\d+)?|1(\.0+)?", text):
        raise ValueError("needs a number from 0 to 1")
    return float(text)


def one_of(*choices: str) -> Callable[[str], str]:
    """One of these words."""

    def parse(text: str) -> str:
        if text not in choices:
            raise ValueError(f"needs {', '.join(choices[:-1])} or {choices[-1]}")
        return text

    return parse


def matching(pattern: str, needs: str) -> Callable[[str], str]:
    """Text of a pattern; `needs` says in words which."""

    def parse(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(needs)
        return text

    return parse


def _is_host_and_port(text: str) -> bool:
    match = re.fullmatch(r"[^\s:/]+:([0-9]{1,5})", text)
    return match is not None and 0 < int(match[1]) <= 65_535
