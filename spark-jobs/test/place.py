"""Topics, group and keyspace of one test of the job."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from cassandra.cluster import Session


@dataclass
class Place:
    """Where the job of a test reads and writes."""

    name: str
    env: dict[str, str]
    session: Session

    @property
    def brokers(self) -> str:
        return self.env["KAFKA_BROKERS"]


def uuid_of(number: int) -> bytes:
    """The key of a user, the same one for the same number."""
    return str(UUID(int=(0xABC << 100) + number)).encode()
