"""Moves the aliases of an operation, all of them or none.

What is to be moved stands in the ledger before the first alias moves, so whoever comes after a
crash reads there what is left. Each move is on condition of the alias' revision. Another hand that
does the same move is no trouble; one that does another makes the operation go back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from delivery.core.entry import Move
from delivery.core.errors import AwsError, DeliveryError
from delivery.core.observed import Alias
from delivery.edges.functions import Functions, Moved
from delivery.operations.delivery import Progress
from delivery.operations.side_by_side import side_by_side

Failures = tuple[tuple[str, DeliveryError], ...]


@dataclass(frozen=True)
class Pointed:
    """The aliases that point to their new versions, by lambda, and which could not be moved."""

    aliases: dict[str, Alias]
    failed: Failures


def forward(
    functions: Functions,
    moves: Iterable[Move],
    seen: Mapping[str, Alias | None],
    description: str,
    progress: Progress,
) -> Pointed:
    """Point every alias to its new version. `seen` is what was observed."""

    def move(each: Move) -> Alias:
        try:
            alias = _point(functions, each, seen.get(each.name), description)
        except Moved as error:
            there = functions.alias(each.function)
            if there is None or there.version != each.after.version or there.weights:
                raise error
            alias = there
        progress(each.name, "serves")
        return alias

    results = side_by_side(tuple(moves), move)
    return Pointed(
        {each.name: alias for each, alias in results.done},
        tuple((each.name, error) for each, error in results.failed),
    )


def back(
    functions: Functions, moves: Iterable[Move], description: str, progress: Progress
) -> Failures:
    """Point every alias to what it was before; which could not be.

    One that does not point elsewhere yet is written too: then its revision is another, and a
    command that was taken over, and may still run, cannot move it any more. An alias that points
    to a third version was moved by hand. It is left, and is drift then.
    """

    def undo(each: Move) -> None:
        alias = functions.alias(each.function)
        if each.before is None:
            if alias is not None:
                functions.remove(each.function)
        elif alias is None:
            functions.create(each.function, each.before.version, description)
        elif alias.version not in (each.after.version, each.before.version):
            progress(
                "", f"{each.name} was moved by hand to version {alias.version}, and is left there"
            )
            return
        else:
            functions.move(each.function, each.before.version, alias.revision, description)
        progress(each.name, "is as before")

    results = side_by_side(tuple(moves), undo)
    return tuple((each.name, error) for each, error in results.failed)


def aliases(functions: Functions, moves: Iterable[Move]) -> dict[str, Alias | None]:
    """Where the aliases of an operation that was interrupted are now, by lambda."""
    moves = tuple(moves)
    found = side_by_side(moves, lambda each: functions.alias(each.function)).must()
    return {each.name: alias for each, alias in zip(moves, found, strict=True)}


def _point(functions: Functions, move: Move, seen: Alias | None, description: str) -> Alias:
    if seen is None:
        return functions.create(move.function, move.after.version, description)
    if seen.version == move.after.version and not seen.weights:
        return seen
    expected = move.before.version if move.before else None
    if seen.version not in (expected, move.after.version):
        raise Moved(
            f"the alias of {move.function} points to version {seen.version}, not {expected}."
        )
    alias = functions.move(move.function, move.after.version, seen.revision, description)
    if alias.version != move.after.version or alias.weights:
        raise AwsError(f"the alias of {move.function} points to version {alias.version} after all.")
    return alias
