"""From changes to what they reach, by which way, and in which order that is to be built and run."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter

from plinth.affected.graph import Graph
from plinth.affected.model import Affected, Chain, Change, Kind, Unaffected

# How many reasons a target keeps. Nobody reads more, and a thousand targets times a thousand
# changes would not fit a page or a memory.
MAX_CHAINS = 10


@dataclass(frozen=True)
class Cause:
    """A change with the targets that it changes in themselves.

    `layers` are the layers whose content it changes. A layer depends on all that its code needs,
    and holds only a part of that: so it counts only when it is named here, and not because
    something in its closure is affected.
    """

    change: Change
    targets: frozenset[str]
    layers: frozenset[str] = frozenset()


def reach(graph: Graph, causes: Iterable[Cause]) -> tuple[Affected, ...]:
    """The affected images and tests, by wave and address."""
    chains: dict[str, list[Chain]] = {}
    for cause in causes:
        came_from = _spread(graph, cause)
        for spec in came_from:
            if graph.nodes[spec].kind:
                chains.setdefault(spec, []).append(Chain(cause.change, _way(came_from, spec)))
    return ordered(graph, {spec: _shortest(found) for spec, found in chains.items()})


def _shortest(chains: list[Chain]) -> tuple[Chain, ...]:
    return tuple(sorted(chains, key=lambda c: (len(c.steps), c.change, c.steps))[:MAX_CHAINS])


def _spread(graph: Graph, cause: Cause) -> Mapping[str, str]:
    """All targets that the cause reaches, each with the one it is reached from; "" at the first."""
    came_from = {spec: "" for spec in sorted(cause.targets) if spec in graph.nodes}
    waiting = deque(came_from)
    unmet = sorted(layer for layer in cause.layers if layer in graph.nodes)
    while waiting or unmet:
        if not waiting:
            # A layer that holds the change and that no dependency leads to is changed in itself.
            layer = unmet.pop()
            if layer in came_from:
                continue
            came_from[layer] = ""
            waiting.append(layer)
        spec = waiting.popleft()
        for dependent in graph.dependents.get(spec, ()):
            if dependent not in came_from and _passes(graph, spec, dependent, cause):
                came_from[dependent] = spec
                waiting.append(dependent)
    return came_from


def _passes(graph: Graph, spec: str, dependent: str, cause: Cause) -> bool:
    layer = graph.nodes[dependent].layer
    return layer is None or dependent in cause.layers or spec not in layer.dependencies


def _way(came_from: Mapping[str, str], spec: str) -> tuple[str, ...]:
    steps = [spec]
    while came_from[steps[-1]]:
        steps.append(came_from[steps[-1]])
    return tuple(reversed(steps))


def everything(graph: Graph) -> tuple[Affected, ...]:
    """All images and tests, by wave and address, without reasons."""
    return ordered(graph, {spec: () for spec, node in graph.nodes.items() if node.kind})


def ordered(graph: Graph, chains: Mapping[str, tuple[Chain, ...]]) -> tuple[Affected, ...]:
    """Images and tests with their waves, by wave and address."""
    needs = needed_images(graph, chains)
    waves: dict[str, int] = {}
    for spec in TopologicalSorter(needs).static_order():
        waves[spec] = 1 + max((waves[each] for each in needs[spec]), default=-1)
    found = (
        Affected(spec, graph.nodes[spec].kind or Kind.TEST, waves[spec], chains[spec])
        for spec in chains
    )
    return tuple(sorted(found, key=lambda each: (each.wave, each.target)))


def needed_images(graph: Graph, specs: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """For each of these targets those of them that are images and that it needs directly."""
    among = set(specs)
    lead = leading_to_images(graph)
    return {spec: _nearest(graph, spec, among, lead) for spec in sorted(among)}


def _nearest(graph: Graph, spec: str, among: set[str], lead: frozenset[str]) -> tuple[str, ...]:
    """The images on the way down from `spec`, each with nothing of that kind in between."""
    found, seen, waiting = set(), {spec}, list(graph.nodes[spec].dependencies)
    while waiting:
        each = waiting.pop()
        if each in seen or each not in lead:
            continue
        seen.add(each)
        if each in among and graph.nodes[each].kind is Kind.IMAGE:
            found.add(each)
        else:
            waiting.extend(graph.nodes[each].dependencies)
    return tuple(sorted(found))


def leading_to_images(graph: Graph) -> frozenset[str]:
    """The images, and all targets that need one."""
    return dependents_of(
        graph, (spec for spec, node in graph.nodes.items() if node.kind is Kind.IMAGE)
    )


def dependents_of(graph: Graph, specs: Iterable[str]) -> frozenset[str]:
    """These targets and all that need one of them, whatever they take of it."""
    reached: set[str] = set()
    waiting = list(specs)
    while waiting:
        spec = waiting.pop()
        if spec not in reached:
            reached.add(spec)
            waiting.extend(graph.dependents.get(spec, ()))
    return frozenset(reached)


def unaffected(graph: Graph, targets: Iterable[Affected]) -> Unaffected:
    """How many images and tests are not among `targets`."""
    reached = {target.target for target in targets}
    rest = [node.kind for spec, node in graph.nodes.items() if node.kind and spec not in reached]
    images = sum(kind is Kind.IMAGE for kind in rest)
    return Unaffected(images=images, tests=len(rest) - images)
