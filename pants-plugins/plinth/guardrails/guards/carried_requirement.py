"""A lambda that names a requirement which the base gives it anyway."""

from __future__ import annotations

from collections.abc import Iterator

from plinth.guardrails.finding import Guard, Sighting
from plinth.guardrails.repository import Repository


def judge(repository: Repository) -> Iterator[Sighting]:
    for named in repository.named_requirements:
        if named.carried_by:
            yield Sighting(
                named.path,
                0,
                named.name,
                f"{named.target} names {named.name}, which {named.carried_by} carries",
                f"Remove it from `dependencies`: the layer leaves out what {named.carried_by} has.",
            )


GUARD = Guard(
    "carried-requirement",
    "A lambda that names a requirement which its base carries",
    "It reads as if the lambda had a version of its own.",
    judge,
)
