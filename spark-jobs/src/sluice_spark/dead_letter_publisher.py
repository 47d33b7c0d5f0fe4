"""Sends dead letters, and those that their topic refuses for size in a form that it takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Final, NamedTuple

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from sluice_spark.config import KafkaConfig
from sluice_spark.errors import JobError
from sluice_spark.kafka_clients import librdkafka_options
from sluice_spark.shortened_dead_letters import Content, Form, forms

FLUSH_S = 60
"""How long the brokers may take to acknowledge what was sent to them."""
IN_FLIGHT_BYTES: Final = 32 * 1024 * 1024
"""Of dead letters that a task holds until they are acknowledged; one that is larger is alone."""
IN_FLIGHT_RECORDS: Final = 10_000
COMPRESS_FROM_BYTES: Final = 16 * 1024 * 1024
"""Above this the first attempt is compressed already."""
LONGEST_WHOLE_BYTES: Final = 96 * 1024 * 1024
"""A request beyond the brokers' `socket.request.max.bytes` (100 MiB) is not refused: its connection is closed."""
_FRAMING: Final = 64
"""Bytes of a record besides its key, value and headers, at most."""
_TOO_LARGE: Final = (KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.RECORD_LIST_TOO_LARGE)

_producers: dict[tuple[KafkaConfig, bool], Producer] = {}
"""For each worker process, which runs many tasks: one that batches, and one that compresses each record by itself."""

_OPTIONS: Final[dict[str, str | int | float | bool]] = {
    "acks": "all",
    "enable.idempotence": True,
    # as every Kafka client but librdkafka by itself: dead letters of a key stay in order
    "partitioner": "murmur2_random",
    # the topic decides what is too large
    "message.max.bytes": 1_000_000_000,
    "message.timeout.ms": (FLUSH_S - 5) * 1_000,
}
_ALONE: Final[dict[str, str | int | float | bool]] = {"batch.num.messages": 1, "compression.type": "gzip"}

Headers = Sequence[tuple[str, bytes | None]]
OnDelivery = Callable[[KafkaError | None, Message], None]


class DeadLetter(NamedTuple):
    """A record, and the headers that say what became of it."""

    record: Content
    about: Headers


class _Attempt(NamedTuple):
    """One form of a dead letter, and those to try after it."""

    form: Form
    about: Headers
    smaller: Iterator[Form]

    @property
    def size(self) -> int:
        headers = sum(len(name) + len(value or b"") + 10 for name, value in (*self.form.headers, *self.about))
        return len(self.form.key or b"") + len(self.form.value or b"") + headers + _FRAMING


def publish(letters: Iterable[DeadLetter], config: KafkaConfig) -> None:
    """Returns once every replica in sync has each dead letter; raises JobError where the topic takes one in no form."""
    for some in _shares(letters):
        small = [attempt for attempt in some if attempt.size <= COMPRESS_FROM_BYTES]
        # what is large has a request of its own in any case
        left = [attempt for attempt in some if attempt.size > COMPRESS_FROM_BYTES]
        left += _deliver(small, config, compressed=False)
        # a refused batch has one that is too large, or is too large together: each by itself, and compressed
        left = _deliver(left, config, compressed=True)
        while left:
            left = _deliver([_smaller(attempt, config) for attempt in left], config, compressed=True)


def _shares(letters: Iterable[DeadLetter]) -> Iterator[list[_Attempt]]:
    some: list[_Attempt] = []
    size = 0
    for letter in letters:
        attempt = _first_attempt(letter)
        if some and (size + attempt.size > IN_FLIGHT_BYTES or len(some) == IN_FLIGHT_RECORDS):
            yield some
            some, size = [], 0
        some.append(attempt)
        size += attempt.size
    if some:
        yield some


def _first_attempt(letter: DeadLetter) -> _Attempt:
    smaller = forms(letter.record)
    attempt = _Attempt(next(smaller), letter.about, smaller)
    while attempt.size > LONGEST_WHOLE_BYTES:
        following = next(smaller, None)
        if following is None:
            break
        attempt = attempt._replace(form=following)
    return attempt


def _smaller(refused: _Attempt, config: KafkaConfig) -> _Attempt:
    form = next(refused.smaller, None)
    if form is None:
        raise _refused(config, "a dead letter in its shortest form", "it is larger than max.message.bytes of the topic")
    return refused._replace(form=form)


def _deliver(attempts: Sequence[_Attempt], config: KafkaConfig, *, compressed: bool) -> list[_Attempt]:
    """What the topic refuses for its size; the others are acknowledged. Raises JobError for any other failure."""
    if not attempts:
        return []
    too_large: list[_Attempt] = []
    failures: list[str] = []

    def settled(error: KafkaError | None, _message: Message, attempt: _Attempt) -> None:
        if error is None:
            return
        if error.code() in _TOO_LARGE:
            too_large.append(attempt)
        else:
            failures.append(_reason(error, attempt))

    try:
        producer = _producer(config, compressed=compressed)
        for attempt in attempts:
            _produce(producer, attempt, config, partial(settled, attempt=attempt))
        unsettled = producer.flush(FLUSH_S)
    except BaseException as error:
        _discard_producer(config, compressed=compressed)
        if isinstance(error, KafkaException):
            raise _refused(config, "a dead letter", error.args[0].str()) from error
        raise
    if failures or unsettled:
        _discard_producer(config, compressed=compressed)
        reason = failures[0] if failures else f"no answer within {FLUSH_S} s"
        raise _refused(config, f"{len(failures) + unsettled} dead letters", reason)
    return too_large


def _produce(producer: Producer, attempt: _Attempt, config: KafkaConfig, settled: OnDelivery) -> None:
    form, about, _ = attempt
    while True:
        try:
            producer.produce(
                config.dlq_topic,
                key=form.key,
                value=form.value,
                headers=[*form.headers, *about],
                on_delivery=settled,
            )
        except BufferError:
            producer.poll(0.1)
        else:
            producer.poll(0)
            return


def _discard_producer(config: KafkaConfig, *, compressed: bool) -> None:
    """After a failure: its state is unknown, and what is still queued must not follow later, with the next task."""
    producer = _producers.pop((config, compressed), None)
    if producer is not None:
        producer.purge()


def _refused(config: KafkaConfig, what: str, reason: str) -> JobError:
    return JobError("dead-letters-refused", f"topic {config.dlq_topic} did not take {what}: {reason}")


def _reason(error: KafkaError, attempt: _Attempt) -> str:
    if error.code() == KafkaError.INVALID_RECORD and attempt.form.key is None:
        return "it takes none without a key, as a compacted topic does: set its cleanup.policy to delete"
    return error.str()


def _producer(config: KafkaConfig, *, compressed: bool) -> Producer:
    producer = _producers.get((config, compressed))
    if producer is None:
        producer = Producer({**librdkafka_options(config), **_OPTIONS, **(_ALONE if compressed else {"linger.ms": 5})})
        _producers[config, compressed] = producer
    return producer
