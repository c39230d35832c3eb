"""An import that nothing provides."""

from __future__ import annotations

from collections.abc import Iterator

from plinth.guardrails.finding import Guard, Sighting
from plinth.guardrails.repository import Repository


def judge(repository: Repository) -> Iterator[Sighting]:
    for found in repository.imports:
        yield Sighting(
            found.path,
            found.line,
            found.module,
            f"nothing that is declared provides `{found.module}`",
            found.fix,
        )


GUARD = Guard(
    "undeclared-import",
    "An import that is used and not declared",
    "No image of this code could import it; or it does today, because something else brings it.",
    judge,
)
