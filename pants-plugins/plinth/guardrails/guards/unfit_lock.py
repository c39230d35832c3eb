"""A lock that does not say exactly which bytes are installed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plinth.guardrails.finding import Guard, Sighting
from plinth.guardrails.repository import Repository
from plinth.lockfile.errors import LockError
from plinth.lockfile.parse import parse

_WHERE = re.compile(r"(?P<path>.+?):(?P<line>\d+): (?P<what>.*)", re.DOTALL)
_RUN = re.compile(r"\.? Run `make lock`.*$|\.$", re.DOTALL)


def judge(repository: Repository) -> Iterator[Sighting]:
    for lock in repository.locks:
        try:
            parse(lock.text, lock.path)
        except LockError as error:
            for problem in error.problems:
                yield sighting(problem, lock.path)


def sighting(problem: str, path: str) -> Sighting:
    """A problem of a lock, as `path:line: what. Run …`, with its parts apart."""
    match = _WHERE.match(problem)
    where, line, what = (
        (match["path"], int(match["line"]), match["what"])
        if match
        else (
            path,
            0,
            problem,
        )
    )
    name = re.match(r"`?([A-Za-z0-9][\w.-]*)", what)
    return Sighting(where, line, name[1] if name else "", _RUN.sub("", what), "Run `make lock`.")


GUARD = Guard(
    "unfit-lock",
    "A lock with an entry that has no hash, no one version, or an index of its own",
    "Anything could be installed in its place, from anywhere.",
    judge,
)
