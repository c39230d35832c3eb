"""A requirement that nothing uses."""

from __future__ import annotations

from collections.abc import Iterator

from plinth.guardrails.finding import Guard, Sighting
from plinth.guardrails.repository import Repository


def judge(repository: Repository) -> Iterator[Sighting]:
    for requirement in repository.requirements:
        if not requirement.used:
            yield Sighting(
                requirement.path,
                requirement.line,
                requirement.name,
                f"no target imports {requirement.name} or names it",
                "Remove the line and run `make lock`; where it only holds a version back, allow it "
                "in guardrails.toml.",
            )


GUARD = Guard(
    "unused-requirement",
    "A requirement that is declared and not used",
    "It can still be attacked, must still be updated, and brings what it requires.",
    judge,
)
