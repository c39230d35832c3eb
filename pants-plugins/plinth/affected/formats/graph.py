"""The reasons of an answer as one graph, for the formats that draw it."""

from __future__ import annotations

import os.path
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from plinth.affected.formats.counts import counted
from plinth.affected.model import Answer


class Role(Enum):
    """What a node of the graph is."""

    CHANGE = "change"
    STEP = "step"
    IMAGE = "image"
    APPLICATION = "application"
    TEST = "test"
    CONTAINER_TEST = "container test"


@dataclass(frozen=True)
class Node:
    """One change, one affected target, or one step between. `wave` is a target's, or 0."""

    role: Role
    label: str
    wave: int = 0


@dataclass(frozen=True)
class Graph:
    """Nodes, and the ways through them by their places: from a change to a target.

    Where source files need each other in a circle, ways of several targets may form one too.
    """

    nodes: tuple[Node, ...]
    chains: tuple[tuple[int, ...], ...]

    @property
    def edges(self) -> tuple[tuple[int, int], ...]:
        """Pairs of places, sorted: the second is affected because the first is."""
        return tuple(sorted({pair for chain in self.chains for pair in zip(chain, chain[1:])}))


def graph_of(answer: Answer) -> Graph:
    """Changes first, then what they reach, in the order of the answer."""
    targets = {
        target.target: Node(Role[target.kind.name], target.target, target.wave)
        for target in answer.targets
    }
    places: dict[Node, int] = {}

    def place(node: Node) -> int:
        return places.setdefault(node, len(places))

    for change in answer.changes:
        place(Node(Role.CHANGE, str(change)))
    chains = tuple(
        (
            place(Node(Role.CHANGE, str(chain.change))),
            *(place(targets.get(step, Node(Role.STEP, step))) for step in chain.steps),
        )
        for target in answer.targets
        for chain in target.chains
    )
    for node in targets.values():
        place(node)
    return Graph(tuple(places), chains)


def columns(graph: Graph) -> tuple[int, ...]:
    """The column of each node from the left, 0 onwards: after all that reaches it, circles aside.

    The images of one wave share a column, and all tests have the last one.
    """
    stands_for: dict[Hashable, int] = {}
    together = [
        stands_for.setdefault(_column_mates(place, node), len(stands_for))
        for place, node in enumerate(graph.nodes)
    ]
    edges = {(together[first], together[second]) for first, second in graph.edges}
    edges |= set(_known_order(stands_for))
    depths = _depths(len(stands_for), {edge for edge in edges if edge[0] != edge[1]})
    return tuple(depths[mates] for mates in together)


def _column_mates(place: int, node: Node) -> Hashable:
    if node.role in (Role.TEST, Role.CONTAINER_TEST):
        return Role.TEST
    if node.role is Role.CHANGE:
        return Role.CHANGE
    return (Role.IMAGE, node.wave) if node.role is Role.IMAGE else place


def _known_order(mates: Mapping[Hashable, int]) -> Iterator[tuple[int, int]]:
    """What comes before what, also where everything is affected and no chain tells."""
    waves = sorted(each[1] for each in mates if isinstance(each, tuple))
    images = [mates[Role.IMAGE, wave] for wave in waves]
    changes = [mates[Role.CHANGE]] if Role.CHANGE in mates else []
    yield from zip((*changes, *images), (*changes, *images)[1:])
    if Role.TEST in mates:
        yield from ((other, mates[Role.TEST]) for other in mates.values())


def _depths(count: int, edges: Iterable[tuple[int, int]]) -> list[int]:
    """The length of the longest way to each place; a circle is entered at its first place."""
    after: list[list[int]] = [[] for _ in range(count)]
    waits_for = [0] * count
    for first, second in edges:
        after[first].append(second)
        waits_for[second] += 1
    depths = [0] * count
    open_places = dict.fromkeys(range(count))
    ready = [place for place in open_places if not waits_for[place]]
    while open_places:
        place = ready.pop() if ready else next(iter(open_places))
        del open_places[place]
        for other in after[place]:
            waits_for[other] -= 1
            if other in open_places:
                depths[other] = max(depths[other], depths[place] + 1)
                if not waits_for[other]:
                    ready.append(other)
    return depths


def folds(graph: Graph, *, changes_too: bool = False) -> tuple[int, ...]:
    """For each node the first of those that can be drawn as one with it, itself included.

    They play the same role and are reached from the same nodes, or from nodes that are drawn as
    one. Changes are one each, or all one with `changes_too`.
    """
    before: list[list[int]] = [[] for _ in graph.nodes]
    for first, second in graph.edges:
        before[second].append(first)
    firsts: dict[Hashable, int] = {}
    found: dict[int, int] = {}
    order = columns(graph)
    for place in sorted(range(len(graph.nodes)), key=lambda place: (order[place], place)):
        node = graph.nodes[place]
        reached_from = frozenset(found[other] for other in before[place] if other in found)
        alone = node.role is Role.CHANGE and not changes_too
        key = place if alone else (node.role, node.wave, _family(node), reached_from)
        found[place] = firsts.setdefault(key, place)
    return tuple(found[place] for place in range(len(graph.nodes)))


def _family(node: Node) -> tuple[str, str]:
    """What tells sources from layers, and one top folder from another: ``("src", ".py")``."""
    folder = node.label.partition("/")[0]
    _, colon, name = node.label.rpartition(":")
    return folder, name if colon else os.path.splitext(name)[1]


def folded_label(nodes: Sequence[Node]) -> str:
    """What nodes that are drawn as one are called: ``286 images in lambdas/``."""
    if len(nodes) == 1:
        return nodes[0].label
    number = counted(len(nodes), nodes[0].role.value)
    folder = os.path.commonpath([node.label.lstrip("/") for node in nodes])
    return f"{number} in {folder}/" if folder and nodes[0].role is not Role.CHANGE else number
