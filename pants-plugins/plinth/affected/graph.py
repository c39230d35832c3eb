"""The targets of the repository and their dependencies as values, as Pants' own rules know them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from plinth.affected.model import Kind


@dataclass(frozen=True)
class Layer:
    """What a `python_layer` takes of all that its dependencies need."""

    dependencies: tuple[str, ...]
    first_party: bool
    third_party: bool
    less: tuple[str, ...]


@dataclass(frozen=True)
class Requirement:
    """A requirement target: the projects it names, and those of them that the runtime gets."""

    resolve: str
    names: tuple[str, ...]
    for_runtime: tuple[str, ...]


@dataclass(frozen=True)
class Wheel:
    """What a `wheel_file` is taken from: a project in the lock at `lock`."""

    lock: str
    project: str


@dataclass(frozen=True)
class Node:
    """A target. `file` is its one source file, "" when it has none or many.

    `dependencies` hold those of special fields too, such as a container test's images. `globs` says
    which files it takes, or the targets that it generates; those to leave out begin with `!`.
    """

    spec: str
    alias: str
    folder: str
    file: str = ""
    dependencies: tuple[str, ...] = ()
    kind: Kind | None = None
    globs: tuple[str, ...] = ()
    python: bool = False
    layer: Layer | None = None
    requirement: Requirement | None = None
    wheel: Wheel | None = None
    # Of a `debian_root`; None stands for all that its lock was made for.
    packages: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Graph:
    """All targets by address. `unreadable` are those whose dependencies cannot be told, and why."""

    nodes: Mapping[str, Node]
    unreadable: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def dependents(self) -> Mapping[str, tuple[str, ...]]:
        """Who depends on each target directly, sorted."""
        found: dict[str, list[str]] = {}
        for spec in sorted(self.nodes):
            for dependency in self.nodes[spec].dependencies:
                found.setdefault(dependency, []).append(spec)
        return {spec: tuple(dependents) for spec, dependents in found.items()}

    @cached_property
    def owners(self) -> Mapping[str, tuple[str, ...]]:
        """The targets that each file is the source of, sorted."""
        found: dict[str, list[str]] = {}
        for spec in sorted(self.nodes):
            if self.nodes[spec].file:
                found.setdefault(self.nodes[spec].file, []).append(spec)
        return {file: tuple(owners) for file, owners in found.items()}

    def aliased(self, *aliases: str) -> tuple[Node, ...]:
        """The targets of these types, by address."""
        return tuple(
            self.nodes[spec] for spec in sorted(self.nodes) if self.nodes[spec].alias in aliases
        )

    @cached_property
    def layers(self) -> Mapping[str, Layer]:
        return {spec: node.layer for spec, node in self.nodes.items() if node.layer}

    def closure(self, specs: Iterable[str]) -> frozenset[str]:
        """These targets and all that they need."""
        reached: set[str] = set()
        waiting = list(specs)
        while waiting:
            spec = waiting.pop()
            if spec not in reached and spec in self.nodes:
                reached.add(spec)
                waiting.extend(self.nodes[spec].dependencies)
        return frozenset(reached)
