"""A flood of dead letters: a wrong schema must not empty the topic into them."""

from __future__ import annotations

from collections import deque

WINDOW_RECORDS = 1_000
LEAST_LETTERS = 200


class FloodGuard:
    """Looks at the latest batches that together have 1,000 records, or at one that has more."""

    def __init__(self, max_ratio: float) -> None:
        """More than this share of letters is a flood; 1 allows any number."""
        self._max_ratio = max_ratio
        self._batches: deque[tuple[int, int]] = deque()

    def is_flood(self, records: int, letters: int) -> bool:
        """Takes the counts of a batch into account, and says whether its letters may be sent."""
        self._batches.append((records, letters))
        while sum(count for count, _ in self._batches) - self._batches[0][0] >= WINDOW_RECORDS:
            self._batches.popleft()
        all_records = sum(count for count, _ in self._batches)
        all_letters = sum(count for _, count in self._batches)
        return all_letters >= LEAST_LETTERS and all_letters > self._max_ratio * all_records
