"""What can be wrong with a file, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MAX_PROBLEMS = 100
"""After so many problems the search stops."""


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a file: the line its row starts on (from 1), the column, and what."""

    message: str
    line: int | None = None
    column: str | None = None

    def __str__(self) -> str:
        place = [f"line {self.line}"] if self.line else []
        place += [f"column {self.column}"] if self.column else []
        return f"{', '.join(place)}: {self.message}" if place else self.message


class BadCsv(Exception):
    """The file is not a CSV of the registered schema; `problems` says why, first things first.

    `complete` tells whether they are all: the search is bounded.
    """

    def __init__(self, problems: Sequence[Problem], complete: bool = True) -> None:
        super().__init__("; ".join(str(problem) for problem in problems[:3]))
        self.problems = tuple(problems[:MAX_PROBLEMS])
        self.complete = complete and len(problems) <= MAX_PROBLEMS
