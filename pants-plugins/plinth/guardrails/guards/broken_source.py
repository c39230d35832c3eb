"""A Python file that Python cannot read."""

from __future__ import annotations

from collections.abc import Iterator

from plinth.guardrails.finding import Guard, Sighting
from plinth.guardrails.repository import Repository


def judge(repository: Repository) -> Iterator[Sighting]:
    for source in repository.sources:
        if source.problem:
            line, _, what = source.problem.partition(": ")
            yield Sighting(
                source.path,
                int(line),
                source.path,
                f"Python cannot compile it: {what}",
                "Mend it.",
            )


GUARD = Guard(
    "broken-source",
    "A Python file that does not compile",
    "Its imports cannot be read, so nobody can say what it needs or what a change of it reaches.",
    judge,
)
