"""The document of a state of the tree: for every target what it is made of, and what it needs.

An image is what its parts are: they hold its base's fingerprint. A test's process is given what
all targets of its closure give, and the packages that it runs, by their fingerprints. An
application is what its closure gives, and its images. So two documents tell which of them are
others, and by which parts.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from plinth.fingerprint.part import Part

IMAGE, TEST, CONTAINER_TEST = "image", "test", "container test"
APPLICATION = "application"
UNKNOWN = "unknown"
"""The kind of a part that stands for what cannot be told. It equals nothing, not even itself."""


@dataclass(frozen=True)
class Entry:
    """A target.

    `kind` is "" for one that is neither image, test nor application. `own` is what it is made of
    itself: all that determines an image; of a test what no other target gives. `given` is what a
    process gets that has it in its closure. `needs` are its dependencies; `takes` those of special
    fields, such as the packages that a test runs; `packages` are those of `takes` that it is given
    as built. `excludes` are left out of the closure of whatever needs it. `makes` is the file that
    it makes for a build context or a sandbox, "" for none.
    """

    spec: str
    alias: str = ""
    kind: str = ""
    own: tuple[Part, ...] = ()
    given: tuple[Part, ...] = ()
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    makes: str = ""

    @property
    def is_test(self) -> bool:
        return self.kind in (TEST, CONTAINER_TEST)

    @property
    def edges(self) -> tuple[str, ...]:
        """All targets that it needs in some way."""
        return (*self.needs, *self.takes)


@dataclass(frozen=True)
class Document:
    """All targets by address. Compared by identity: it is as large as the repository."""

    entries: Mapping[str, Entry]

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    @cached_property
    def dependents(self) -> Mapping[str, tuple[str, ...]]:
        """Who needs each target directly, sorted."""
        found: dict[str, list[str]] = {}
        for spec in sorted(self.entries):
            for needed in dict.fromkeys(self.entries[spec].edges):
                found.setdefault(needed, []).append(spec)
        return {spec: tuple(dependents) for spec, dependents in found.items()}

    def with_dependents(self, specs: Iterable[str]) -> set[str]:
        """The targets, and all that need one of them, directly or not."""
        reached = set(specs)
        waiting = list(reached)
        while waiting:
            for dependent in self.dependents.get(waiting.pop(), ()):
                if dependent not in reached:
                    reached.add(dependent)
                    waiting.append(dependent)
        return reached

    def with_entries(self, changed: Mapping[str, Entry]) -> Document:
        """The document with other entries for targets that need the same as before."""
        found = Document({**self.entries, **changed})
        if "dependents" in vars(self):
            vars(found)["dependents"] = self.dependents
        return found

    def of_kind(self, *kinds: str) -> Iterator[Entry]:
        return (each for each in self.entries.values() if each.kind in kinds)

    def closure(self, spec: str) -> frozenset[str]:
        """The target and all that it needs, less what any of them excludes."""
        return self._closure(spec, with_taken=False)

    def _closure(self, spec: str, *, with_taken: bool) -> frozenset[str]:
        reached = {spec}
        waiting = [spec]
        excluded: set[str] = set()
        while waiting:
            entry = self.entries.get(waiting.pop())
            if entry is None:
                continue
            if entry.excludes:
                excluded.update(entry.excludes)
            for each in entry.edges if with_taken else entry.needs:
                if each not in reached:
                    reached.add(each)
                    waiting.append(each)
        return frozenset(reached - excluded) if excluded else frozenset(reached)

    def given_to(self, spec: str) -> frozenset[Part]:
        """What the targets of a closure give, as a set: whoever gives it."""
        return frozenset(self._given(self.closure(spec)))

    def _given(self, specs: Iterable[str]) -> Iterator[Part]:
        for each in specs:
            if each in self.entries:
                yield from self.entries[each].given

    def parts(self, spec: str) -> frozenset[Part]:
        """All that determines an image, or what a test's process is given but for its packages."""
        entry = self.entries[spec]
        if entry.kind == IMAGE:
            return frozenset(entry.own)
        return self.given_to(spec).union(entry.own)

    def package(self, spec: str) -> frozenset[Part]:
        """All that determines what is built of a target: an image, or what any other tool makes."""
        entry = self.entries.get(spec, Entry(spec))
        if entry.kind == IMAGE:
            return frozenset(entry.own)
        if entry.kind == APPLICATION:
            images = (self.entries[each].own for each in entry.packages if each in self.entries)
            return self.parts(spec).union(*images)
        return frozenset(self._given(self._closure(spec, with_taken=True))).union(entry.own)

    def fingerprint(self, spec: str) -> str:
        """A hash of all that determines the target: of equal ones nothing need run again."""
        entry = self.entries[spec]
        packages = (
            Part("package", "", each, digest(self.package(each)))
            for each in (() if entry.kind == IMAGE else entry.packages)
        )
        return digest(self.parts(spec).union(packages))


def digest(parts: Iterable[Part]) -> str:
    """The sha256, in hexadecimals, of parts in whatever order."""
    listed = json.dumps(sorted(parts), ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(listed.encode(errors="surrogateescape")).hexdigest()


def is_known(parts: Iterable[Part]) -> bool:
    return not any(part.kind == UNKNOWN for part in parts)
