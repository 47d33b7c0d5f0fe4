from __future__ import annotations

from typing import Any

import pytest

from sluice_spark.enrichment import age_group, email_domain, full_name
from vectors import load, named


@pytest.mark.parametrize("vector", named(load("user-schema", "enrichment.json")["vectors"]))
def test_what_the_row_has_beside_the_message(vector: dict[str, Any]) -> None:
    record = vector["record"]
    assert vector["expect"] == {
        "full_name": full_name(record.get("first_name"), record.get("last_name")),
        "email_domain": email_domain(record.get("email")),
        "age_group": age_group(record.get("age")),
    }


def test_letters_that_python_does_not_know_yet_become_lower_case_as_in_node() -> None:
    assert email_domain("a@\u1c89\ua7cb\ua7dc\U00010d50\U00016eb8") == "\u1c8a\u0264\u019b\U00010d70\U00016ed3"
