"""A part: one thing that determines what is built or run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple


class Part(NamedTuple):
    """One thing that determines an image's bytes, or what a test's process is given.

    `kind` says what it is, and `of` is the file that it is in, where it is in one. The three of
    `kind`, `of` and `name` say which part it is; `value` is what may change.
    """

    kind: str
    of: str
    name: str
    value: str

    @property
    def key(self) -> tuple[str, str, str]:
        return self.kind, self.of, self.name

    @property
    def title(self) -> str:
        """The key as people read it."""
        return " ".join(filter(None, self.key))


class PartChange(NamedTuple):
    """A part that is not the same in two fingerprints; None for the one that lacks it."""

    kind: str
    of: str
    name: str
    before: str | None
    after: str | None


def part_changes(before: Iterable[Part], after: Iterable[Part]) -> Iterator[PartChange]:
    """The parts that differ, in order of their keys. One key may have several values."""
    old, new = set(before), set(after)
    gone, come = _by_key(old - new), _by_key(new - old)
    for key in sorted({*gone, *come}):
        yield PartChange(*key, _value(gone.get(key)), _value(come.get(key)))


def _by_key(parts: Iterable[Part]) -> dict[tuple[str, str, str], list[str]]:
    found: dict[tuple[str, str, str], list[str]] = {}
    for part in sorted(parts):
        found.setdefault(part.key, []).append(part.value)
    return found


def _value(values: list[str] | None) -> str | None:
    return None if values is None else " and ".join(values)
