"""What a guard says, and what a guard is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from plinth.guardrails.repository import Repository


@dataclass(frozen=True, order=True)
class Finding:
    """One thing that must not be so.

    `line` counts from 1, and is 0 where the whole file is meant. `name` is what it is about: an
    image, a package, a variable; an exception may be made for it alone. `fix` is what to do, the
    next command where there is one.
    """

    path: str
    line: int
    guard: str
    name: str
    what: str
    fix: str

    @property
    def where(self) -> str:
        return f"{self.path}:{self.line}" if self.line else self.path


@dataclass(frozen=True)
class Sighting:
    """What a guard has seen, before it has the guard's name."""

    path: str
    line: int
    name: str
    what: str
    fix: str


@dataclass(frozen=True)
class Guard:
    """One rule on what may enter. `what` it keeps out, as a title; `why`, as a sentence."""

    id: str
    what: str
    why: str
    judge: Callable[[Repository], Iterator[Sighting]]

    def findings(self, repository: Repository) -> Iterator[Finding]:
        for seen in self.judge(repository):
            yield Finding(seen.path, seen.line, self.id, seen.name, seen.what, seen.fix)
