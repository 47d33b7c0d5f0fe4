"""What ends a run of the job, by the exit code it ends with."""

from __future__ import annotations

from collections.abc import Sequence


class ConfigError(Exception):
    """A configuration that is not valid, with every problem and without the value of a secret: exit code 78."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = list(problems)
        super().__init__("the configuration is not valid:\n" + "\n".join(f"  - {problem}" for problem in problems))


class JobError(Exception):
    """A failure that ends the run with exit code 1. `code` is stable; the message names what, where, and what to do."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        self.message = message
        super().__init__(message)
