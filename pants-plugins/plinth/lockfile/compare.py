"""What differs between two versions of a lock, and whom that concerns.

Only what decides an installation counts: versions, hashes, markers, and who requires whom. The
order and the layout of the file, and line numbers, do not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from plinth.lockfile.distribution import Distribution, Lock
from plinth.lockfile.environment import may_hold_on_a_host

Identity = tuple[str, tuple[str, ...], str]
"""What one gets of a distribution: version, hashes, and the marker that says where."""


@dataclass(frozen=True)
class Difference:
    """How one project differs between two locks. `what` says it for people."""

    name: str
    what: str


@dataclass(frozen=True)
class Requires:
    """A lock as who requires whom, on all systems that Pants runs on together."""

    lock: Lock

    @cached_property
    def installed(self) -> Mapping[str, frozenset[Identity]]:
        """What each project comes to, by name; more than one where markers tell them apart."""
        found: dict[str, set[Identity]] = {}
        for each in self.lock.distributions:
            if may_hold_on_a_host(each.marker):
                found.setdefault(each.name, set()).add((each.version, each.hashes, each.marker))
        return {name: frozenset(identities) for name, identities in found.items()}

    @cached_property
    def _edges(self) -> Mapping[str, tuple[str, ...]]:
        edges: dict[str, set[str]] = {}
        for each in self.lock.distributions:
            if each.name in self.installed:
                for parent in each.via:
                    edges.setdefault(parent, set()).add(each.name)
        return {name: tuple(sorted(required)) for name, required in edges.items()}

    def closure(self, names: Iterable[str]) -> Mapping[str, frozenset[Identity]]:
        """What `names` (normalised) bring with them and are, as far as it is locked."""
        reached: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name not in reached and name in self.installed:
                reached.add(name)
                waiting.extend(self._edges.get(name, ()))
        return {name: self.installed[name] for name in reached}


def compare(before: Lock, after: Lock) -> tuple[Difference, ...]:
    """Every project that differs, by name."""
    old, new = _by_name(before), _by_name(after)
    return tuple(
        Difference(name, what)
        for name in sorted({*old, *new})
        for what in [_what(name, old.get(name, ()), new.get(name, ()))]
        if what
    )


def differing(
    before: Mapping[str, frozenset[Identity]], after: Mapping[str, frozenset[Identity]]
) -> frozenset[str]:
    """The names that two closures do not hold alike.

    One that moved from the one who required it to another takes along what it requires itself: then
    it is among these names, and among the differences of the locks.
    """
    return frozenset(name for name in {*before, *after} if before.get(name) != after.get(name))


def _by_name(lock: Lock) -> Mapping[str, tuple[Distribution, ...]]:
    found: dict[str, tuple[Distribution, ...]] = {}
    for each in lock.distributions:
        found[each.name] = (*found.get(each.name, ()), each)
    return found


def _what(name: str, old: tuple[Distribution, ...], new: tuple[Distribution, ...]) -> str:
    if not old:
        return f"{name} {_versions(new)} new"
    if not new:
        return f"{name} {_versions(old)} removed"
    return ", ".join(_differences(name, old, new))


def _differences(
    name: str, old: tuple[Distribution, ...], new: tuple[Distribution, ...]
) -> Iterator[str]:
    if _versions(old) != _versions(new):
        yield f"{name} {_versions(old)} → {_versions(new)}"
        return
    if [each.hashes for each in old] != [each.hashes for each in new]:
        yield f"{name} {_versions(new)}: other hashes"
    if [each.marker for each in old] != [each.marker for each in new]:
        yield f"{name}: other markers"
    if [each.extras for each in old] != [each.extras for each in new]:
        yield f"{name}: other extras"
    if _parents(old) != _parents(new):
        yield f"{name}: required by {_listed(_parents(new))}, was by {_listed(_parents(old))}"


def _versions(found: tuple[Distribution, ...]) -> str:
    return " and ".join(each.version for each in found)


def _parents(found: tuple[Distribution, ...]) -> tuple[str, ...]:
    return tuple(sorted({parent for each in found for parent in each.via}))


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "nothing else"
