"""The id of a topic (KIP-516): another one where a topic was deleted and created again under its name."""

from __future__ import annotations

import re
import struct
from base64 import urlsafe_b64encode
from typing import Any, NamedTuple

from confluent_kafka import TopicCollection

_METADATA = re.compile(r"(?P<timestamp>\d{1,15})?(?:;(?P<id>[\w-]{22}))?", re.ASCII)


def fetch_topic_id(admin: Any, topic: str, timeout_s: float) -> str | None:
    """The id as Kafka prints it; None where the brokers have no topic ids, as before 2.8. Raises KafkaException."""
    described = admin.describe_topics(TopicCollection([topic]), request_timeout=timeout_s)[topic].result(timeout_s)
    found = described.topic_id
    # librdkafka's own text is not URL-safe
    return spelled(found.get_most_significant_bits(), found.get_least_significant_bits())


def spelled(most: int, least: int) -> str | None:
    """An id of two signed 64-bit halves: URL-safe base64 without padding, 22 characters. None for that of no topic."""
    if most == 0 and least == 0:
        return None
    return urlsafe_b64encode(struct.pack(">qq", most, least)).decode().rstrip("=")


class CommitMetadata(NamedTuple):
    """What a commit says of itself besides its offset, in the form of `libs/kafka-client/src/commit-metadata.ts`."""

    last_timestamp_ms: int | None = None
    """Of the record before the offset."""
    topic_id: str | None = None

    def text(self) -> str:
        """`<timestamp>;<topic id>`, each left out where it is unknown."""
        timestamp = "" if self.last_timestamp_ms is None else str(self.last_timestamp_ms)
        return timestamp if self.topic_id is None else f"{timestamp};{self.topic_id}"


def read_commit_metadata(text: str) -> CommitMetadata:
    """Nothing is known of what another client has committed."""
    found = _METADATA.fullmatch(text)
    if found is None:
        return CommitMetadata()
    return CommitMetadata(None if found["timestamp"] is None else int(found["timestamp"]), found["id"])
