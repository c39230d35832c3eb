"""What a kind of part needs to be put into words."""

from __future__ import annotations

import os.path
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from plinth.affected.git import FileChange
from plinth.affected.model import Change
from plinth.fingerprint.part import Part, PartChange


@dataclass(frozen=True)
class About:
    """What is known of a difference besides the documents: which files git says differ."""

    files: Mapping[str, FileChange] = field(default_factory=dict)

    def declared_in(self, folder: str) -> str:
        """The edited file that declares the targets of a folder, or gives them defaults; or ""."""
        while True:
            for name in ("BUILD", "BUILD.pants"):
                path = os.path.join(folder, name)
                if path in self.files:
                    return path
            if not folder:
                break
            folder = os.path.dirname(folder)
        return next((path for path in sorted(self.files) if path.endswith(".prelude")), "")


@dataclass(frozen=True)
class Words:
    """How a kind of part is said.

    `say` is given the part, the target that it is of, and puts the difference into words. `gives`
    says whether what another target gives is where the part comes from.
    """

    say: Callable[[PartChange, str, About], Change]
    gives: Callable[[PartChange, Part], bool] = lambda change, given: False


def folder_of(spec: str) -> str:
    """The folder that declares a target, or the one of its source."""
    return spec.partition(":")[0].partition("#")[0]


def unsaid(change: PartChange, spec: str, about: About) -> Change:
    """What is said of a part of a kind that nobody has words for."""
    title = " ".join(filter(None, (change.kind, change.of, change.name)))
    return Change(about.declared_in(folder_of(spec)), f"{title} {verb(change)}".strip())


def verb(change: PartChange) -> str:
    if change.before is None:
        return "added"
    return "removed" if change.after is None else "changed"
