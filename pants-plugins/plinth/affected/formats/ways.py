"""Targets that are reached the same way, put together for people."""

from __future__ import annotations

from collections.abc import Iterable

from plinth.affected.formats.readable import brief
from plinth.affected.model import Affected, Chain

# What leads up to a target: the change, then each step, without the target itself.
Way = tuple[str, ...]


def by_way(targets: Iterable[Affected]) -> dict[Way, list[Affected]]:
    """The targets under the shortest way to them, each in the order of its first.

    It is empty for those that have none, because everything is affected.
    """
    found: dict[Way, list[Affected]] = {}
    for target in targets:
        found.setdefault(way(target.chains[0]) if target.chains else (), []).append(target)
    return found


def way(chain: Chain) -> Way:
    return (brief(chain.change), *chain.steps[:-1])
