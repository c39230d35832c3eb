"""A lock that was not made from its requirements as they stand."""

from __future__ import annotations

from collections.abc import Iterator

from plinth.guardrails.finding import Guard, Sighting
from plinth.guardrails.guards.unfit_lock import sighting
from plinth.guardrails.repository import Repository
from plinth.lockfile.check import problems
from plinth.lockfile.errors import LockError
from plinth.lockfile.parse import parse


def judge(repository: Repository) -> Iterator[Sighting]:
    for lock in repository.locks:
        try:
            parse(lock.text, lock.path)
        except LockError:
            # Another guard's.
            continue
        if lock.requirements is None:
            yield Sighting(
                lock.path,
                0,
                lock.requirements_path,
                f"there is no {lock.requirements_path} that it answers",
                f"Write it, with a line for each requirement, and run `make lock`; or remove "
                f"{lock.path}.",
            )
            continue
        for problem in problems(lock.requirements, lock.text, lock.path, lock.requirements_path):
            yield sighting(problem, lock.path)


GUARD = Guard(
    "stale-lock",
    "A lock that does not answer its requirements file",
    "What was reviewed is not what is installed.",
    judge,
)
