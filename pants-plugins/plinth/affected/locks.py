"""What changed locks reach, Python's and Debian's, and the requirements that they answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from plinth.affected.contents import Distributions, Layers
from plinth.affected.errors import NotKnown
from plinth.affected.graph import Graph
from plinth.affected.model import Change
from plinth.affected.reach import Cause
from plinth.debian import lock as debian
from plinth.debian.errors import LockError as DebianLockError
from plinth.lockfile.check import Roots, read_roots
from plinth.lockfile.compare import Requires, compare, differing
from plinth.lockfile.distribution import Lock, normalise
from plinth.lockfile.environment import RUNTIME
from plinth.lockfile.errors import LockError
from plinth.lockfile.parse import parse

Parsed = TypeVar("Parsed")


@dataclass(frozen=True)
class Versions:
    """A file's text at the base commit and now; None where it is not."""

    path: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class LockPair:
    """A Python lock at the base commit and now."""

    path: str
    before: Lock
    after: Lock

    @classmethod
    def read(cls, versions: Versions) -> LockPair:
        """Raises `NotKnown` where either cannot be relied on."""
        return cls(
            versions.path,
            _read(versions, versions.before, Lock(versions.path, ()), _python_lock),
            _read(versions, versions.after, Lock(versions.path, ()), _python_lock),
        )


def _python_lock(text: str, path: str) -> Lock:
    try:
        return parse(text, path)
    except LockError as error:
        raise NotKnown(error.problems[0]) from None


def _debian_lock(text: str, path: str) -> debian.Lock:
    try:
        return debian.parse(text, path)
    except DebianLockError as error:
        raise NotKnown(str(error).partition("\n")[0]) from None


def _read(
    versions: Versions, text: str | None, absent: Parsed, read: Callable[[str, str], Parsed]
) -> Parsed:
    if text is None:
        return absent
    try:
        return read(text, versions.path)
    except NotKnown as error:
        when = "now" if text is versions.after else "at the base commit"
        raise NotKnown(f"{versions.path} cannot be read {when}: {error}") from None


def python_lock_causes(
    pair: LockPair, resolve: str, layers: Layers, runner_of: frozenset[str] = frozenset()
) -> tuple[Cause, ...]:
    """One cause for each project that differs in the lock of `resolve`.

    It changes the requirement targets and the layers whose closures hold it differently. Tests run
    anywhere, so for requirement targets all environments count; layers are for the runtime.
    `runner_of` are the tests that are run by what the lock holds, whatever they import.
    """
    graph = layers.graph
    everywhere = Requires(pair.before, None), Requires(pair.after, None)
    before, after = (
        Distributions(layers, resolve, Requires(lock, RUNTIME))
        for lock in (pair.before, pair.after)
    )
    differences = compare(pair.before, pair.after)
    in_targets = {
        spec: differing(*(requires.closure(node.requirement.names) for requires in everywhere))
        if set(node.requirement.names) <= set(everywhere[1].installed)
        # What it brings with it cannot be told, so it may be any of them.
        else frozenset(each.name for each in differences)
        for spec, node in graph.nodes.items()
        if node.requirement and node.requirement.resolve == resolve
    }
    in_layers = {spec: differing(before.held(spec), after.held(spec)) for spec in graph.layers}
    return tuple(
        Cause(
            Change(pair.path, each.what),
            frozenset(s for s, names in in_targets.items() if each.name in names) | runner_of,
            frozenset(s for s, names in in_layers.items() if each.name in names),
        )
        for each in differences
    )


def wheel_causes(pair: LockPair, graph: Graph) -> tuple[Cause, ...]:
    """The `wheel_file` targets whose wheel is locked differently."""
    before, after = (Requires(lock, None).installed for lock in (pair.before, pair.after))
    causes = []
    for each in compare(pair.before, pair.after):
        if before.get(each.name) != after.get(each.name):
            targets = frozenset(
                spec
                for spec, node in graph.nodes.items()
                if node.wheel and (node.wheel.lock, node.wheel.project) == (pair.path, each.name)
            )
            causes.append(Cause(Change(pair.path, each.what), targets))
    return tuple(causes)


def debian_lock_causes(versions: Versions, graph: Graph) -> tuple[Cause, ...]:
    """One cause for each package that differs in the closure of a `debian_root`.

    Raises `NotKnown` where either lock cannot be read.
    """
    empty = debian.Lock("", (), (), (), ())
    before = _read(versions, versions.before, empty, _debian_lock)
    after = _read(versions, versions.after, empty, _debian_lock)
    by_package: dict[str, set[str]] = {}
    for node in graph.aliased("debian_root"):
        if node.file == versions.path:
            old, new = (_packages(lock, node.packages) for lock in (before, after))
            for name in {*old, *new}:
                if old.get(name) != new.get(name):
                    by_package.setdefault(name, set()).add(node.spec)
    return tuple(
        Cause(Change(versions.path, _debian_what(name, before, after)), frozenset(targets))
        for name, targets in sorted(by_package.items())
    )


def _packages(lock: debian.Lock, names: tuple[str, ...] | None) -> Mapping[str, object]:
    """What decides the root's bytes: version and sha256 of each package, by name."""
    held = [name for name in names or lock.wanted if name in lock.by_name]
    found = debian.closure(lock, held, "the lock")
    return {package.name: (package.version, package.sha256) for package in found}


def _debian_what(name: str, before: debian.Lock, after: debian.Lock) -> str:
    old, new = before.by_name.get(name), after.by_name.get(name)
    if old is None or new is None:
        return f"{name} {new.version} new" if new else f"{name} removed"
    if old.version != new.version:
        return f"{name} {old.version} → {new.version}"
    if old.sha256 != new.sha256:
        return f"{name} {new.version}: another sha256"
    return f"{name}: required by others than before"


@dataclass(frozen=True)
class RequirementChanges:
    """What differs between two requirements files, and the projects that are no longer in it."""

    causes: tuple[Cause, ...]
    removed: tuple[str, ...]


def requirements_changes(versions: Versions, layers: Layers) -> RequirementChanges:
    """What a changed `.in` file reaches, besides what the lock that answers it says.

    Layers are made from the lock alone, so there only counts whether the runtime gets the project.
    Raises `NotKnown` where either text cannot be read.
    """
    before, after = (
        _by_name(_read(versions, text, (), _roots)) for text in (versions.before, versions.after)
    )
    graph = layers.graph
    causes = []
    for name in sorted({*before, *after}):
        if before.get(name) != after.get(name):
            targets = frozenset(
                spec
                for spec, node in graph.nodes.items()
                if node.requirement and name in node.requirement.names
            )
            gets = _for_runtime(before.get(name, ())) != _for_runtime(after.get(name, ()))
            causes.append(
                Cause(
                    Change(versions.path, _requirement_what(name, before, after)),
                    targets,
                    layers.needing(targets) if gets else frozenset(),
                )
            )
    return RequirementChanges(tuple(causes), tuple(sorted(set(before) - set(after))))


def _roots(text: str, path: str) -> Roots:
    try:
        return read_roots(text, path)
    except LockError as error:
        raise NotKnown(error.problems[0]) from None


def _by_name(roots: Roots) -> Mapping[str, tuple[tuple[str, str], ...]]:
    """For each project what is asked of it and where: requirement without marker, and marker."""
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    for _, requirement in roots:
        name, marker = normalise(requirement.name), str(requirement.marker or "")
        extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
        asked = f"{name}{extras}{requirement.specifier}"
        found[name] = tuple(sorted((*found.get(name, ()), (asked, marker))))
    return found


def _for_runtime(asked: tuple[tuple[str, str], ...]) -> bool:
    return any(RUNTIME.holds(marker) for _, marker in asked)


def _requirement_what(
    name: str,
    before: Mapping[str, tuple[tuple[str, str], ...]],
    after: Mapping[str, tuple[tuple[str, str], ...]],
) -> str:
    if name not in before:
        return f"{name} added"
    if name not in after:
        return f"{name} removed"
    return f"{_asked(before[name])} → {_asked(after[name])}"


def _asked(asked: tuple[tuple[str, str], ...]) -> str:
    return " and ".join(f"{what} ; {marker}" if marker else what for what, marker in asked)
