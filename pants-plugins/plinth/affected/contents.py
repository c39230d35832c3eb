"""What the layers of images hold, told from the graph: nothing is built or hashed.

The same rules as those that make a layer (`plinth.layers`): the closure of its dependencies, less
what the images below it carry.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from plinth.affected.graph import Graph, Layer
from plinth.lockfile.compare import Identity, Requires

Held = Mapping[str, "frozenset[Identity]"]


@dataclass(frozen=True)
class Layers:
    """The layers of a graph, each looked into once."""

    graph: Graph
    _closures: dict[str, frozenset[str]] = field(default_factory=dict)
    _files: dict[str, frozenset[str]] = field(default_factory=dict)

    def closure(self, spec: str) -> frozenset[str]:
        """All targets that the layer's dependencies need, themselves included."""
        if spec not in self._closures:
            self._closures[spec] = self.graph.closure(self._layer(spec).dependencies)
        return self._closures[spec]

    def first_party(self, spec: str) -> frozenset[str]:
        """The targets whose files the layer holds."""
        if spec not in self._files:
            layer = self._layer(spec)
            below = (self.first_party(each) for each in self.below(spec))
            self._files[spec] = (
                self.closure(spec).difference(*below) if layer.first_party else frozenset()
            )
        return self._files[spec]

    def below(self, spec: str) -> tuple[str, ...]:
        """The layers of the images that the layer leaves out what they carry of."""
        found = self.graph.closure(self._layer(spec).less)
        return tuple(sorted(each for each in found if each in self.graph.layers))

    def needing(self, targets: frozenset[str]) -> frozenset[str]:
        """The layers whose content may be another when these targets mean something else."""
        return frozenset(
            spec
            for spec, layer in self.graph.layers.items()
            if not targets.isdisjoint(self.closure(spec))
            and (layer.third_party or targets & self.closure(spec) - self.requirements(spec))
        )

    def requirements(self, spec: str) -> frozenset[str]:
        """The targets in the layer's closure that name projects of a lock."""
        return frozenset(s for s in self.closure(spec) if self.graph.nodes[s].requirement)

    def _layer(self, spec: str) -> Layer:
        return self.graph.layers[spec]


@dataclass(frozen=True)
class Distributions:
    """What layers hold of one version of a lock, that of `resolve`."""

    layers: Layers
    resolve: str
    requires: Requires
    _held: dict[str, Held] = field(default_factory=dict)
    _closures: dict[frozenset[str], Held] = field(default_factory=dict)

    def held(self, spec: str) -> Held:
        """The distributions in the layer."""
        if spec not in self._held:
            self._held[spec] = self._less(spec) if self._takes_any(spec) else {}
        return self._held[spec]

    def _takes_any(self, spec: str) -> bool:
        return self.layers.graph.layers[spec].third_party

    def _less(self, spec: str) -> Held:
        carried: dict[str, frozenset[Identity]] = {}
        for below in self.layers.below(spec):
            carried.update(self.held(below))
        return {
            name: identities
            for name, identities in self._closure(self._roots(spec)).items()
            if carried.get(name) != identities
        }

    def _roots(self, spec: str) -> frozenset[str]:
        nodes = self.layers.graph.nodes
        found = (nodes[each].requirement for each in self.layers.requirements(spec))
        return frozenset(
            name
            for each in found
            if each and each.resolve == self.resolve
            for name in each.for_runtime
        )

    def _closure(self, roots: frozenset[str]) -> Held:
        if roots not in self._closures:
            self._closures[roots] = self.requires.closure(roots)
        return self._closures[roots]
