from __future__ import annotations

from collections.abc import Callable
from itertools import count

import pytest
from confluent_kafka import KafkaError, KafkaException

from sluice_spark.group_offsets import once_found


def refusals(*codes: int) -> Callable[[], str]:
    """A broker that refuses with these codes, then answers."""
    left = list(codes)

    def ask() -> str:
        if left:
            raise KafkaException(KafkaError(left.pop(0)))
        return "found"

    return ask


def test_a_group_whose_broker_is_being_found_is_asked_for_again() -> None:
    waited: list[float] = []
    ask = refusals(KafkaError.NOT_COORDINATOR, KafkaError.COORDINATOR_LOAD_IN_PROGRESS)
    assert once_found(ask, lambda: 0.0, waited.append) == "found"
    assert len(waited) == 2


def test_it_is_not_asked_for_without_end_and_not_after_another_error() -> None:
    seconds = count()
    with pytest.raises(KafkaException):
        once_found(refusals(*[KafkaError.NOT_COORDINATOR] * 100), lambda: float(next(seconds)), lambda _: None)
    assert next(seconds) < 20
    with pytest.raises(KafkaException):
        once_found(refusals(KafkaError.GROUP_AUTHORIZATION_FAILED), lambda: 0.0, lambda _: pytest.fail("it waited"))
