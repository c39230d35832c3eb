"""A Python file that no target has."""

from __future__ import annotations

from collections.abc import Iterator

from plinth.guardrails.finding import Guard, Sighting
from plinth.guardrails.repository import Repository


def judge(repository: Repository) -> Iterator[Sighting]:
    for source in repository.sources:
        if source.below_root and not source.owned:
            folder = source.path.rpartition("/")[0]
            kind = "python_tests()" if source.path.endswith("_test.py") else "python_sources()"
            yield Sighting(
                source.path,
                0,
                source.path,
                "no target owns it: no image has it, no test runs it, and no gate reads it",
                f"Give {folder}/BUILD a target for it, `{kind}`, or remove the file.",
            )


GUARD = Guard(
    "unowned-source",
    "A Python file below a source root that no target owns",
    "A test that never runs is green, and a module that nothing holds is missing only when it is "
    "imported.",
    judge,
)
