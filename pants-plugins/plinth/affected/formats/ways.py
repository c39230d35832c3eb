"""Targets that are reached the same way, put together for people."""

from __future__ import annotations

from collections.abc import Iterable

from plinth.affected.model import Affected, Chain


def by_way(targets: Iterable[Affected]) -> dict[str, list[Affected]]:
    """The targets under the shortest chain that leads up to them, each in the order of its first.

    It is "" for those that have none, because everything is affected.
    """
    found: dict[str, list[Affected]] = {}
    for target in targets:
        found.setdefault(_way(target), []).append(target)
    return found


def _way(target: Affected) -> str:
    if not target.chains:
        return ""
    shortest = target.chains[0]
    return f"{Chain(shortest.change, shortest.steps[:-1])} ›"
