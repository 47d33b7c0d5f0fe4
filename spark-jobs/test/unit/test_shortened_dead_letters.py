from __future__ import annotations

from typing import Any

import pytest

from sluice_spark.shortened_dead_letters import Content, Form, Summary, forms
from vectors import load, named

VECTORS = load("kafka-client", "shortened-dead-letters.json")


def data_of(spelled: dict[str, Any] | None) -> bytes | None:
    if spelled is None:
        return None
    return bytes.fromhex(spelled["hex"]) if "hex" in spelled else spelled["text"].encode() * spelled["times"]


def headers_of(spelled: list[Any]) -> list[tuple[str, bytes | None]]:
    return [(name, data_of(value)) for name, value in spelled]


def expected(vector: dict[str, Any]) -> list[Form]:
    return [Form(data_of(form["key"]), data_of(form["value"]), headers_of(form["headers"])) for form in vector["forms"]]


def record_of(vector: dict[str, Any]) -> Content:
    return Content(data_of(vector["key"]), data_of(vector["value"]), headers_of(vector["headers"]))


@pytest.mark.parametrize("vector", named(VECTORS["records"]))
def test_a_record_is_shortened_to_the_bytes_of_the_stream_writer(vector: dict[str, Any]) -> None:
    record = record_of(vector)
    whole, *shortened = forms(record)
    assert whole == Form(record.key, record.value, record.headers)
    assert [form._replace(headers=list(form.headers)) for form in shortened] == expected(vector)


def test_a_value_that_was_not_read_whole_is_sent_in_no_other_form() -> None:
    vector = next(one for one in VECTORS["records"] if one["name"] == "a long value")
    (form,) = expected(vector)
    about = {name: (value or b"").decode() for name, value in form.headers}
    cut = Content(form.key, form.value, [], Summary(int(about["dlq.value.length"]), about["dlq.value.sha256"]))
    assert list(forms(cut)) == [form]
