"""A file that a target makes for a build context, by what determines it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from plinth.fingerprint.part import Part


@dataclass(frozen=True)
class MadeFile:
    """What determines the file at `path`, from the build root.

    `path` is empty where only making it tells. `reasons` say why the parts do not determine it.
    """

    path: str
    parts: tuple[Part, ...]
    reasons: tuple[str, ...] = ()


def mode(executable: bool) -> str:
    """The mode that a file of the repository has in an image."""
    return "0755" if executable else "0644"


def parts_of(file: str, parts: Iterable[Part], kind: str = "") -> Iterator[Part]:
    """The parts as those of a file, perhaps of another kind."""
    return (Part(kind or part.kind, file, part.name, part.value) for part in parts)
