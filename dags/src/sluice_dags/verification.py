"""Judges a run of the writer by what the topic held when it began, where its group stands now, and the audit of the table."""

from collections.abc import Mapping, Sequence
from typing import Any


def ends_of(offsets: Mapping[str, Any]) -> dict[str, int]:
    """Last stable offset by partition, from `stream-writer offsets --json`: what open transactions hold back is the next run's.

    Keys are text: so is what comes back from XCom.
    """
    return {str(partition["partition"]): int(partition["end"]) for partition in offsets["partitions"]}


def lag_of(offsets: Mapping[str, Any]) -> int:
    """Records that can be read and that the group has still to settle: last stable offset - committed."""
    return sum(int(partition["lag"]) for partition in offsets["partitions"])


def held_of(offsets: Mapping[str, Any]) -> int:
    """Offsets that open transactions hold back: their records are not decided, and a later run reads them."""
    return sum(int(partition["held"]) for partition in offsets["partitions"])


def offset_problems(offsets: Mapping[str, Any], ends: Mapping[str, int]) -> list[str]:
    """Partitions that the group has not settled up to where they ended when the run began.

    What came into the topic since then is the next run's: to ask for no lag at all would fail beside a running producer.
    """
    group, topic = offsets["group"], offsets["topic"]
    problems: list[str] = []
    for partition in offsets["partitions"]:
        number = str(partition["partition"])
        wanted = ends.get(number)
        committed = partition["committed"]
        if wanted is None or wanted == 0 or (committed is not None and int(committed) >= wanted):
            continue
        # nothing to settle: all that the partition ever held is gone by retention
        if int(partition["begin"]) >= wanted:
            continue
        where = "nothing" if committed is None else f"offset {committed}"
        problems.append(f"group {group} has committed {where} of {topic}[{number}], which ended at {wanted} when the run began")
    return problems


def audit_problems(report: Mapping[str, Any]) -> list[str]:
    """What is wrong in the table by `stream-writer audit --json`.

    Records that are not settled yet are none: those of this run are judged by their offsets, and others may have come since.
    """
    damages: Sequence[tuple[str, int]] = [(kind, count) for kind, count in report["damages"].items() if count > 0]
    if not damages:
        return []
    counts = ", ".join(f"{kind} {count}" for kind, count in damages)
    return [
        f"{report['table']} is not what {report['topic']} makes it: {counts}. `npx nx run stream-writer:audit` names them; stop "
        "producers and writers after a drain, and add `-- --repair` to repair them"
    ]
