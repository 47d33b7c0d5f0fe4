"""When a run of the writer is complete."""

from typing import Any

from sluice_dags.verification import audit_problems, ends_of, held_of, lag_of, offset_problems


def _offsets(*partitions: tuple[int, int, int | None]) -> dict[str, Any]:
    return {
        "group": "spark-writer",
        "topic": "users",
        "partitions": [
            {
                "partition": number,
                "begin": begin,
                "end": end,
                "committed": committed,
                "lag": end - (committed or begin),
                "held": number,
            }
            for number, (begin, end, committed) in enumerate(partitions)
        ],
    }


def test_all_that_was_there_before_is_committed_also_where_more_has_come() -> None:
    ends = ends_of(_offsets((0, 10, None), (0, 0, None), (5, 20, 7)))
    assert ends == {"0": 10, "1": 0, "2": 20}
    after = _offsets((0, 15, 10), (0, 4, None), (5, 20, 20))
    assert offset_problems(after, ends) == []
    assert lag_of(after) == 5 + 4
    assert held_of(after) == 1 + 2


def test_a_partition_that_was_not_settled_is_named() -> None:
    ends = ends_of(_offsets((0, 10, None), (0, 10, None), (0, 10, None)))
    problems = offset_problems(_offsets((0, 10, 9), (0, 10, None), (0, 10, 10)), ends)
    assert len(problems) == 2
    assert "committed offset 9 of users[0], which ended at 10" in problems[0]
    assert "committed nothing of users[1]" in problems[1]


def test_nothing_is_left_to_settle_where_retention_has_taken_it() -> None:
    ends = ends_of(_offsets((0, 10, None)))
    assert offset_problems(_offsets((10, 10, None)), ends) == []


def test_every_damage_fails_and_records_that_came_later_do_not() -> None:
    report = {"table": "ks.users", "topic": "users", "damages": {"missing": 0, "stale": 0}, "unsettled": 12, "ok": False}
    assert audit_problems(report) == []
    (problem,) = audit_problems({**report, "damages": {"missing": 2, "stale": 0, "orphaned": 1}})
    assert "ks.users is not what users makes it: missing 2, orphaned 1" in problem
    assert "stream-writer:audit" in problem
