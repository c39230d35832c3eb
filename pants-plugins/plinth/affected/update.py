"""A document brought up to date after edits that change no dependency.

Of files whose bytes are all that they mean, and of Python locks. Whatever is not certain is
refused, and then the document is made afresh. A check holds updated documents against fresh ones.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from packaging.requirements import Requirement

from plinth.affected.errors import NotKnown
from plinth.affected.locks import asked_for, identity, read_python_lock
from plinth.fingerprint.distributions import distribution_part
from plinth.fingerprint.document import IMAGE, UNKNOWN, Document, Entry
from plinth.fingerprint.part import Part
from plinth.images.fingerprint import fingerprint
from plinth.layers.content import Closure, less
from plinth.lockfile.closure import closure
from plinth.lockfile.compare import Requires
from plinth.lockfile.distribution import Distribution, Lock, normalise
from plinth.lockfile.environment import RUNTIME
from plinth.lockfile.errors import LockError, NotLocked

CONTENT = "content"
"""The kind of a part that says what a layer takes of all that it needs."""
# Parts whose value is none of a file's: the bytes of no file can stand in them.
_OF_NO_FILE = frozenset(
    {
        *("argument", "base", "distribution", "instruction", "interpreter", "label", "layer"),
        *("option", "package", "platform", "requirement", "resolve", "source", "tool", CONTENT),
    }
)


class CannotUpdate(Exception):
    """Only a fresh document is certain; the message says why."""


@dataclass(frozen=True)
class FileEdit:
    """A file that is there before and after, with its states as parts have them."""

    path: str
    before: str
    after: str


@dataclass(frozen=True)
class LockEdit:
    """The text of a Python lock, now."""

    path: str
    text: str


@dataclass(frozen=True)
class Shape:
    """What stays the same of a document in every update: who gives which file, who holds it."""

    document: Document

    @cached_property
    def givers(self) -> Mapping[str, tuple[str, ...]]:
        """By path, the targets that give the file."""
        return _index(
            (part.name, spec)
            for spec, entry in self.document.entries.items()
            for part in entry.given
            if part.kind == "file" and not part.of
        )

    @cached_property
    def holders(self) -> Mapping[str, tuple[str, ...]]:
        """By path below a source root, the layers and images that hold the file."""
        return _index(
            (part.name, spec)
            for spec, entry in self.document.entries.items()
            for part in (*entry.own, *entry.given)
            if part.kind == "source"
        )

    @cached_property
    def by_name(self) -> Mapping[str, tuple[str, ...]]:
        """All files, by their last name."""
        return _index((path.rpartition("/")[2], path) for path in self.givers)

    @cached_property
    def elsewhere(self) -> frozenset[str]:
        """The values of all parts in which the state of a file may stand but as its bytes alone."""
        return frozenset(
            part.value
            for entry in self.document.entries.values()
            for part in (*entry.own, *(p for p in entry.given if p.kind != "file" or p.of))
            if part.kind not in _OF_NO_FILE
        )

    def refuse_elsewhere(self, edits: Iterable[FileEdit]) -> None:
        """Raises `CannotUpdate` for a file that counts for more than who gives it."""
        for edit in edits:
            hashed = edit.before.partition("sha256:")[2]
            if any(hashed in value for value in self.elsewhere):
                raise CannotUpdate(f"{edit.path} is more than a source to some target")

    @cached_property
    def base_of(self) -> Mapping[str, str]:
        """By image, the image that it stands on, each base before what stands on it."""
        entries = self.document.entries
        values: dict[str, str] = {}
        found = {}
        for entry in self.document.of_kind(IMAGE):
            for part in entry.own:
                if part.kind == "base" and part.value.startswith("fingerprint "):
                    for each in entry.needs:
                        if each in entries and entries[each].kind == IMAGE:
                            if each not in values:
                                values[each] = fingerprint(entries[each].own)
                            if part.value == f"fingerprint {values[each]}":
                                found[entry.spec] = each
                    if entry.spec not in found:
                        raise CannotUpdate(f"what {entry.spec} stands on is not known")
        return found


def _index(pairs: Iterable[tuple[str, str]]) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = {}
    for key, value in pairs:
        found.setdefault(key, {})[value] = None
    return {key: tuple(values) for key, values in found.items()}


@dataclass
class Update:
    """An update under way: the document as it was, and the targets that are others now."""

    document: Document
    shape: Shape
    changed: dict[str, Entry] = field(default_factory=dict)

    def entry(self, spec: str) -> Entry:
        return self.changed.get(spec) or self.document.entries[spec]

    def file(self, edit: FileEdit) -> None:
        """Raises `CannotUpdate`."""
        self.shape.refuse_elsewhere([edit])
        for spec in self.shape.givers.get(edit.path, ()):
            entry = self.entry(spec)
            old = Part("file", "", edit.path, edit.before)
            self.changed[spec] = replace(entry, given=_replaced(entry.given, old, edit.after))
        for name in self._names_in_layers(edit.path):
            for spec in self.shape.holders[name]:
                entry = self.entry(spec)
                self.changed[spec] = replace(
                    entry,
                    own=_with_source(entry.own, name, edit),
                    given=_with_source(entry.given, name, edit),
                )

    def _names_in_layers(self, path: str) -> Iterator[str]:
        """By which path below a source root layers hold the file."""
        parts = path.split("/")
        for start in range(len(parts)):
            name = "/".join(parts[start:])
            if name in self.shape.holders:
                for other in self.shape.by_name.get(parts[-1], ()):
                    if other != path and f"/{other}".endswith(f"/{name}"):
                        raise CannotUpdate(f"{path} and {other} may both be {name} in a layer")
                yield name

    def lock(self, edit: LockEdit) -> None:
        """Raises `CannotUpdate`."""
        try:
            lock = read_python_lock(edit.text, edit.path)
            requires = Requires(lock)
            for spec, entry in self.document.entries.items():
                if any(
                    p.kind in ("distribution", "tool") and p.of == edit.path for p in entry.given
                ):
                    self._requirement(spec, edit.path, requires)
            self._layers(lock)
        except (LockError, NotLocked, NotKnown) as error:
            raise CannotUpdate(str(error)) from None

    def _requirement(self, spec: str, path: str, requires: Requires) -> None:
        """A requirement's closure; or, where nothing is asked for, all that is locked."""
        entry = self.entry(spec)
        requirements = [part.name for part in entry.given if part.kind == "requirement"]
        names = asked_for(requirements)
        if not names <= set(requires.installed):
            raise CannotUpdate(f"{path} does not hold all that {spec} names")
        found = requires.closure(names) if requirements else requires.installed
        (kind,) = {
            part.kind
            for part in entry.given
            if part.of == path and part.kind in ("distribution", "tool")
        }
        rest = (part for part in entry.given if part.of != path or part.kind != kind)
        parts = (Part(kind, path, name, identity(each)) for name, each in sorted(found.items()))
        self.changed[spec] = replace(entry, given=(*rest, *parts))

    def _layers(self, lock: Lock) -> None:
        layers = {
            spec: entry
            for spec, entry in self.document.entries.items()
            if any(part.kind == CONTENT for part in entry.own)
        }
        held = _Held(self.document, lock)
        for spec, entry in layers.items():
            if not held.is_of(spec):
                continue
            parts = tuple(
                distribution_part("distribution", entry.makes, each) for each in held.held(spec)
            )
            self._hold(spec, entry.makes, parts)
            for image in self.document.dependents.get(spec, ()):
                if self.document.entries[image].kind == IMAGE:
                    self._hold(image, entry.makes, parts)

    def _hold(self, spec: str, tar: str, parts: tuple[Part, ...]) -> None:
        """Put other distributions into what a layer gives, or into an image that has the layer."""
        entry = self.entry(spec)

        def other(known: tuple[Part, ...]) -> tuple[Part, ...]:
            old = [part for part in known if part.kind == "distribution" and part.of == tar]
            if not old or set(old) == set(parts):
                if not old and parts and any(p.of == tar for p in known):
                    raise CannotUpdate(f"{tar} held no distribution")
                return known
            if not parts:
                raise CannotUpdate(f"{tar} holds no distribution any more")
            return tuple(sorted((*(part for part in known if part not in old), *parts)))

        own, given = other(entry.own), other(entry.given)
        if (own, given) != (entry.own, entry.given):
            self.changed[spec] = replace(entry, own=own, given=given)

    def done(self) -> Document:
        """The document after the edits."""
        waiting = dict(self.shape.base_of)
        while waiting:
            ready = [image for image, base in waiting.items() if base not in waiting]
            if not ready:
                raise CannotUpdate("images stand on each other in a circle")
            for image in ready:
                base = waiting.pop(image)
                if base in self.changed:
                    self._stand_on(image, f"fingerprint {fingerprint(self.changed[base].own)}")
        return self.document.with_entries(self.changed)

    def _stand_on(self, image: str, value: str) -> None:
        entry = self.entry(image)
        own = tuple(
            part._replace(value=value) if part.kind == "base" else part for part in entry.own
        )
        self.changed[image] = replace(entry, own=own)


def _replaced(parts: tuple[Part, ...], old: Part, value: str) -> tuple[Part, ...]:
    if old not in parts:
        raise CannotUpdate(f"{old.name} was not in the state that is known")
    return tuple(part._replace(value=value) if part == old else part for part in parts)


def _with_source(parts: tuple[Part, ...], name: str, edit: FileEdit) -> tuple[Part, ...]:
    found = []
    for part in parts:
        if part.kind == "source" and part.name == name:
            # It may be held as git has it, and not as Pants reads it.
            if part.value != edit.before:
                raise CannotUpdate(f"{edit.path} was in a layer in another state")
            part = part._replace(value=edit.after)
        found.append(part)
    return tuple(found)


def with_modes(document: Document, shape: Shape, root: str) -> Document:
    """The document with the modes that files have on disk.

    Pants' daemon does not always hear of a mode that changes by itself. Raises `CannotUpdate`.
    """
    update = Update(document, shape)
    for path, specs in shape.givers.items():
        known = next(p for p in document.entries[specs[0]].given if p[:3] == ("file", "", path))
        try:
            executable = bool(os.stat(os.path.join(root, path)).st_mode & 0o100)
        except OSError:
            continue
        if executable != known.value.startswith("0755"):
            hashed = known.value.partition(" ")[2]
            update.file(FileEdit(path, known.value, f"{'0755' if executable else '0644'} {hashed}"))
    return update.done() if update.changed else document


@dataclass
class _Held:
    """What layers hold of a lock, by the functions that make them, from what the document says."""

    document: Document
    lock: Lock
    _known: dict[str, tuple[Distribution, ...]] = field(default_factory=dict)
    _closures: dict[frozenset[str], tuple[Distribution, ...]] = field(default_factory=dict)

    def is_of(self, spec: str) -> bool:
        """Whether what the layer needs is in this lock."""
        for each in self._needed(spec):
            parts = self.document.entries[each].given
            if any(part.kind == "distribution" and part.of == self.lock.path for part in parts):
                return True
        return False

    def held(self, spec: str) -> tuple[Distribution, ...]:
        if spec not in self._known:
            self._known[spec] = self._hold(spec)
        return self._known[spec]

    def _hold(self, spec: str) -> tuple[Distribution, ...]:
        entry = self.document.entries[spec]
        (content,) = (part.value for part in entry.own if part.kind == CONTENT)
        if "third_party" not in content.split():
            return ()
        carried: dict[str, Distribution] = {}
        for layer in self._below(entry):
            for each in self.held(layer):
                carried.setdefault(each.name, each)
        needed = Closure(distributions=self._closure(spec))
        return less(needed, Closure(distributions=tuple(carried.values()))).distributions

    def _below(self, entry: Entry) -> list[str]:
        """The layers of the images that the layer is put on."""
        entries = self.document.entries
        found: set[str] = set()
        for image in entry.takes:
            if image in entries and entries[image].kind == IMAGE:
                found |= self.document.closure(image)
        return sorted(
            each
            for each in found
            if each in entries and any(part.kind == CONTENT for part in entries[each].own)
        )

    def _needed(self, spec: str) -> list[str]:
        entries = self.document.entries
        return [each for each in self.document.closure(spec) if each in entries]

    def _closure(self, spec: str) -> tuple[Distribution, ...]:
        asked = set()
        for each in self._needed(spec):
            for part in self.document.entries[each].given:
                if part.kind == UNKNOWN:
                    raise CannotUpdate(part.value)
                if part.kind == "requirement":
                    requirement = Requirement(part.name)
                    if RUNTIME.holds(str(requirement.marker or "")):
                        asked.add(normalise(requirement.name))
        key = frozenset(asked)
        if key not in self._closures:
            self._closures[key] = closure(self.lock, key, RUNTIME)
        return self._closures[key]
