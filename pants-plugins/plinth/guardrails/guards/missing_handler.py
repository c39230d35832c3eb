"""A handler that Lambda would not find."""

from __future__ import annotations

from collections.abc import Iterator

from plinth.guardrails.finding import Guard, Sighting
from plinth.guardrails.repository import Repository


def judge(repository: Repository) -> Iterator[Sighting]:
    for handler in repository.handlers:
        if handler.problem:
            yield Sighting(
                handler.path,
                0,
                handler.text,
                f"handler={handler.text!r}: {handler.problem}",
                "Name a function that is there, as `module:function`.",
            )


GUARD = Guard(
    "missing-handler",
    "A handler whose module or function does not exist",
    "Every invocation fails before the first line of the function.",
    judge,
)
