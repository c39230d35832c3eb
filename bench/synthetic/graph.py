"""A made-up monorepo as a graph: what needs what, and so which images an edit really changes."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

BASE = "base"
REQUIREMENTS = 60


@dataclass(frozen=True)
class Graph:
    """Lambdas on one base image, over shared modules, over locked requirements.

    `needs` names what each of them uses directly. Every lambda needs the base.
    """

    lambdas: tuple[str, ...]
    modules: tuple[str, ...]
    requirements: tuple[str, ...]
    needs: Mapping[str, tuple[str, ...]]

    @property
    def images(self) -> tuple[str, ...]:
        return (BASE, *self.lambdas)

    def direct(self, name: str, kind: tuple[str, ...]) -> tuple[str, ...]:
        """What `name` needs directly of a kind: `graph.modules` or `graph.requirements`."""
        return tuple(each for each in self.needs[name] if each in kind)

    def changed_by(self, edited: str) -> frozenset[str]:
        """The truth: the images whose content an edit of `edited` changes."""
        return frozenset(image for image in self.images if edited in self.reach[image])

    @cached_property
    def reach(self) -> dict[str, frozenset[str]]:
        """Each name with all that it needs, itself included."""
        found: dict[str, frozenset[str]] = {}
        # What is needed stands behind what needs it, except that the base stands under the lambdas.
        for name in (*self.requirements[::-1], *self.modules[::-1], BASE, *self.lambdas):
            found[name] = frozenset({name}).union(*(found[each] for each in self.needs[name]))
        return found


def synthetic(lambdas: int, seed: int) -> Graph:
    """A graph of so many lambdas and a third as many modules; the same seed gives the same one."""
    draw = random.Random(f"{lambdas} {seed}")
    functions = _names("function", lambdas)
    modules = _names("shared", max(1, lambdas // 3))
    requirements = _names("dist", REQUIREMENTS)
    needs = {
        **{each: _later(draw, requirements, each, (0, 0, 1, 2)) for each in requirements},
        **{
            each: (
                *_later(draw, modules, each, (0, 1, 1)),
                *_some(draw, requirements[2:], (0, 0, 0, 1)),
            )
            for each in modules
        },
        BASE: (modules[-1], *requirements[:2]),
        **{
            each: (BASE, *_some(draw, modules, (1, 2, 3)), *_some(draw, requirements, (0, 0, 1)))
            for each in functions
        },
    }
    return Graph(functions, modules, requirements, needs)


def typical(graph: Graph, names: tuple[str, ...], share: float) -> str:
    """The one of `names` that changes the share of all images that is nearest to `share`."""
    goal = share * len(graph.images)
    return min(names, key=lambda name: (abs(len(graph.changed_by(name)) - goal), name))


def _names(word: str, count: int) -> tuple[str, ...]:
    return tuple(f"{word}_{number:04}" for number in range(count))


def _later(
    draw: random.Random, names: tuple[str, ...], name: str, counts: tuple[int, ...]
) -> tuple[str, ...]:
    """Some of the next names after `name`: chains, and no circle."""
    start = names.index(name) + 1
    return _some(draw, names[start : start + 20], counts)


def _some(draw: random.Random, names: tuple[str, ...], counts: tuple[int, ...]) -> tuple[str, ...]:
    return tuple(sorted(draw.sample(names, min(len(names), draw.choice(counts)))))
