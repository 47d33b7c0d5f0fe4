from __future__ import annotations

import pytest

from sluice_spark.topic_identity import CommitMetadata, read_commit_metadata, spelled

ID = "_-Vo8zq3QXWkJv0qfUqYtQ"


def test_an_id_is_spelled_as_kafka_prints_it() -> None:
    most, least = (
        int.from_bytes(half, "big", signed=True) for half in (b"\xff\xe5h\xf3:\xb7Au", b"\xa4&\xfd*}J\x98\xb5")
    )
    assert spelled(most, least) == ID
    assert spelled(0, 0) is None, "the id of a topic on brokers that have none"


@pytest.mark.parametrize(
    ("metadata", "text"),
    [
        (CommitMetadata(1_700_000_000_000, ID), f"1700000000000;{ID}"),
        (CommitMetadata(None, ID), f";{ID}"),
        (CommitMetadata(5, None), "5"),
        (CommitMetadata(), ""),
    ],
)
def test_a_commit_says_the_same_as_that_of_the_stream_writer(metadata: CommitMetadata, text: str) -> None:
    assert metadata.text() == text
    assert read_commit_metadata(text) == metadata


@pytest.mark.parametrize("text", ["noted by hand", "5;short", f"5;{ID}x", "1" * 16, "\u0665"])
def test_nothing_is_known_of_the_commit_of_another_client(text: str) -> None:
    assert read_commit_metadata(text) == CommitMetadata()
