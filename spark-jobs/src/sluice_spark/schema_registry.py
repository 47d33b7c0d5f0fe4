"""Schemas by id, from a registry with Confluent's API, as `libs/schema-registry` reads them."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from sluice_spark.registry_transport import Answer, RegistryError, RegistrySettings, get

#: Where Apicurio Registry serves Confluent's API.
_APICURIO_PATH: Final = "/apis/ccompat/v7"
_ATTEMPTS: Final = 3
_FIRST_DELAY_S: Final = 0.2
_BY_ERROR_CODE: Final = {40401: "subject-not-found", 40402: "version-not-found", 40403: "schema-not-found"}
_PASSING: Final = frozenset(("unreachable", "timeout", "server-error"))


@dataclass(frozen=True)
class WriterSchema:
    """A schema as the registry has it, parsed; `references` are those it refers to, in the order to read them in."""

    avsc: Any
    references: tuple[Any, ...] = ()


class SchemaRegistry:
    """A client. A call is tried three times where the failure may pass: network, time-out, 408, 425, 429, 5xx."""

    def __init__(
        self,
        settings: RegistrySettings,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._settings = settings
        self._sleep = sleep
        self._jitter = jitter
        self._base: str | None = None

    def schema_by_id(self, schema_id: int) -> WriterSchema:
        """The schema of an id, as messages carry it.

        Raises:
            RegistryError: `schema-not-found` where the registry does not know the id; `not-avro` and `reference-cycle` where
                it can never be read; else where the registry does not answer as one.
        """
        stored = _stored_schema(self._ask(f"/schemas/ids/{schema_id}"))
        return WriterSchema(stored.avsc, tuple(self._resolve(stored, (), {})))

    def _resolve(self, stored: _Stored, path: tuple[str, ...], done: dict[str, Any]) -> list[Any]:
        for reference in stored.references:
            place = f"{reference['subject']} version {reference['version']}"
            if place in path:
                circle = " -> ".join((*path, place))
                raise RegistryError("reference-cycle", f"schemas of the registry refer to each other: {circle}")
            if place in done:
                continue
            # a subject may be deleted while messages still need it
            subject = quote(reference["subject"], safe="")
            answer = self._ask(f"/subjects/{subject}/versions/{reference['version']}?deleted=true")
            found = _stored_schema(answer)
            self._resolve(found, (*path, place), done)
            done[place] = found.avsc
        return list(done.values())

    def _ask(self, path: str) -> Answer:
        answer = self._send(self._find_base() + path)
        if 200 <= answer.status < 300 and answer.json is not None:
            return answer
        raise _refusal(answer)

    def _find_base(self) -> str:
        """The given address, as Confluent's own registry has it, or Apicurio's path below it."""
        if self._base is not None:
            return self._base
        given = self._settings.url.rstrip("/")
        tried = []
        for base in [given] if "/apis/ccompat/" in given else [given, given + _APICURIO_PATH]:
            answer = self._send(f"{base}/schemas/types")
            if answer.status == 200 and isinstance(answer.json, list):
                self._base = base
                return base
            if answer.status in (401, 403):
                raise _refusal(answer)
            tried.append(f"{answer.url} answered {answer.status}")
        raise RegistryError(
            "bad-answer",
            f"there is no schema registry at {given}: {', '.join(tried)}. "
            "Give the address below which /subjects and /schemas are.",
        )

    def _send(self, url: str) -> Answer:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return get(url, self._settings)
            except RegistryError as error:
                if error.code not in _PASSING or attempt == _ATTEMPTS:
                    raise
            self._sleep(_FIRST_DELAY_S * 2 ** (attempt - 1) * (0.5 + self._jitter() / 2))
        raise AssertionError("the last attempt returns or raises")


@dataclass(frozen=True)
class _Stored:
    avsc: Any
    references: list[dict[str, Any]]


def _stored_schema(answer: Answer) -> _Stored:
    fields = answer.json if isinstance(answer.json, dict) else {}
    kind = fields.get("schemaType") or "AVRO"
    if kind != "AVRO":
        raise RegistryError("not-avro", f"{answer.url} is a schema of type {kind}, not AVRO")
    text, references = fields.get("schema"), fields.get("references") or []
    if not isinstance(text, str) or not isinstance(references, list) or not all(map(_is_reference, references)):
        raise _bad_answer(answer)
    try:
        avsc = json.loads(text)
    except ValueError:
        # Avro lets a schema be the bare name of a type, and Confluent's registry stores one so.
        if not text.replace(".", "_").isidentifier():
            raise _bad_answer(answer) from None
        avsc = text
    except RecursionError:
        raise RegistryError("not-avro", f"{answer.url} is a schema that is nested too deeply to be read") from None
    return _Stored(avsc, references)


def _is_reference(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("name"), str)
        and isinstance(value.get("subject"), str)
        and isinstance(value.get("version"), int)
    )


def _refusal(answer: Answer) -> RegistryError:
    number = answer.json.get("error_code") if isinstance(answer.json, dict) else None
    by_status = {401: "unauthorized", 403: "forbidden"}.get(answer.status)
    code = by_status or (_BY_ERROR_CODE.get(number) if isinstance(number, int) else None)
    if code is None and (answer.status < 400 or (answer.status == 404 and answer.json is None)):
        return _bad_answer(answer)
    advice = ". Check the credentials of the registry." if by_status else ""
    return RegistryError(code or "refused", f"{answer.url} was answered {answer.status}: {answer.said}{advice}")


def _bad_answer(answer: Answer) -> RegistryError:
    return RegistryError(
        "bad-answer", f"{answer.url} was answered {answer.status}, which is no answer of a schema registry"
    )
