"""Two documents compared: which images and tests are others, and nothing else decides."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from plinth.fingerprint.document import (
    APPLICATION,
    CONTAINER_TEST,
    IMAGE,
    TEST,
    Document,
    Entry,
    is_known,
)
from plinth.fingerprint.part import PartChange, part_changes

_NOTHING = Entry("")


@dataclass(frozen=True)
class Comparison:
    """The documents of two states of the tree."""

    before: Document
    after: Document
    _packages: dict[str, bool] = field(default_factory=dict, repr=False)

    @cached_property
    def differing(self) -> frozenset[str]:
        """The targets that give something else, or need others; and those that are new or gone."""
        old, new = self.before.entries, self.after.entries
        return frozenset(
            spec
            for spec in {*old, *new}
            if _giving(old.get(spec)) != _giving(new.get(spec)) or not self._is_known(spec)
        )

    @cached_property
    def affected(self) -> tuple[str, ...]:
        """The images, applications and tests of now with another fingerprint, or new; by address.

        What cannot be told counts as another.
        """
        reached = dependents_of(self.after, self.differing)
        found = []
        for entry in self.after.of_kind(IMAGE, APPLICATION, TEST, CONTAINER_TEST):
            spec = entry.spec
            if self._is_new(entry):
                is_other = True
            elif entry.kind == IMAGE:
                is_other = self._is_another_image(spec)
            elif spec in reached or self._own(spec):
                is_other = self._is_another_test(entry)
            else:
                is_other = any(self.is_another_package(each) for each in entry.packages)
            if is_other:
                found.append(spec)
        return tuple(sorted(found))

    def _is_new(self, entry: Entry) -> bool:
        """Whether the target was not there, or was something else."""
        old = self.before.entries.get(entry.spec)
        return old is None or not old.kind or (old.kind == IMAGE) != (entry.kind == IMAGE)

    def _is_known(self, spec: str) -> bool:
        return is_known(self.after.entries.get(spec, _NOTHING).given)

    def _own(self, spec: str) -> bool:
        """Whether what only the target itself is given is another."""
        return set(self.before.entries[spec].own) != set(self.after.entries[spec].own)

    def _is_another_image(self, spec: str) -> bool:
        return self._own(spec) or not is_known(self.after.entries[spec].own)

    def _is_another_test(self, entry: Entry) -> bool:
        old = self.before.entries[entry.spec]
        if set(old.packages) != set(entry.packages):
            return True
        parts = self.after.parts(entry.spec)
        return (
            parts != self.before.parts(entry.spec)
            or not is_known(parts)
            or any(self.is_another_package(each) for each in entry.packages)
        )

    def is_another_package(self, spec: str) -> bool:
        """Whether what is built of the target is another."""
        if spec not in self._packages:
            parts = self.after.package(spec)
            self._packages[spec] = not is_known(parts) or parts != self.before.package(spec)
        return self._packages[spec]

    def own_changes(self, spec: str) -> tuple[PartChange, ...]:
        """How the parts of the target itself differ."""
        return self._changes(spec, "own")

    def given_changes(self, spec: str) -> tuple[PartChange, ...]:
        """How what the target gives differs."""
        return self._changes(spec, "given")

    def _changes(self, spec: str, name: str) -> tuple[PartChange, ...]:
        old, new = (
            getattr(document.entries.get(spec, _NOTHING), name)
            for document in (self.before, self.after)
        )
        return tuple(part_changes(old, new))


def _giving(entry: Entry | None) -> object:
    if entry is None:
        return None
    return (
        frozenset(entry.given),
        frozenset(entry.needs),
        frozenset(entry.takes),
        frozenset(entry.packages),
        frozenset(entry.excludes),
        entry.kind,
    )


def differences(one: Document, other: Document) -> tuple[str, ...]:
    """The targets of which two documents say something else, in whatever order they say it."""
    both = {*one.entries, *other.entries}
    return tuple(
        sorted(
            spec for spec in both if _said(one.entries.get(spec)) != _said(other.entries.get(spec))
        )
    )


def _said(entry: Entry | None) -> object:
    if entry is None:
        return None
    return _giving(entry), frozenset(entry.own), entry.makes, entry.alias


def dependents_of(document: Document, specs: Iterable[str]) -> frozenset[str]:
    """These targets and all that need one of them in some way."""
    reached: set[str] = set()
    waiting = list(specs)
    while waiting:
        spec = waiting.pop()
        if spec not in reached:
            reached.add(spec)
            waiting.extend(document.dependents.get(spec, ()))
    return frozenset(reached)
