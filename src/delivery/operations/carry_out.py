"""From versions that have passed to aliases that point to them, or back: one way for all verbs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from delivery.core import entry as e
from delivery.core.entry import Entry, Move, Running
from delivery.core.errors import DeliveryError
from delivery.core.observed import Alias, Function
from delivery.edges.functions import Functions
from delivery.operations import canary
from delivery.operations.moves import Pointed, back, forward
from delivery.operations.side_by_side import failure, summary
from delivery.operations.steps import Operation

INTERRUPTED = "interrupted"
# The functions of these lambdas as they are.
Look = Callable[[Iterable[str]], Mapping[str, Function]]


@dataclass(frozen=True)
class Moving:
    """What is to be moved. `seen` is where the aliases were, `after` what then runs.

    `look` is for aliases that `seen` has from the ledger alone: where one cannot be moved, it says
    what is there.
    """

    moves: tuple[Move, ...]
    seen: Mapping[str, Alias | None]
    after: Mapping[str, Running]
    look: Look | None = None


def carry_out(operation: Operation, functions: Functions, moving: Moving, by_canary: bool) -> Entry:
    """Move all, and end the operation. Raises `DeliveryError` when it had to go back."""
    operation.start_moving(moving.moves)
    if moving.moves:
        operation.delivery.progress("", f"moves {len(moving.moves)} aliases")
    try:
        if by_canary:
            seen = canary.try_out(operation, functions, moving.moves, moving.seen)
            moving = replace(moving, seen=seen)
        return finish(operation, functions, moving)
    except KeyboardInterrupt:
        go_back(operation, functions, moving.moves, INTERRUPTED)
        raise
    except canary.Alarmed as error:
        go_back(operation, functions, moving.moves, str(error))
        raise


def finish(operation: Operation, functions: Functions, moving: Moving) -> Entry:
    """The moves of an operation that is already in the ledger as moving."""
    progress = operation.delivery.progress
    pointed = forward(functions, moving.moves, moving.seen, operation.anchor, progress)
    if pointed.failed and moving.look:
        moving = _looked_at(operation, functions, moving, pointed)
        operation.start_moving(moving.moves)
        pointed = forward(functions, moving.moves, moving.seen, operation.anchor, progress)
    if pointed.failed:
        go_back(operation, functions, moving.moves, summary(pointed.failed))
        raise failure(
            f"{operation.environment.name} is as it was: not every alias could be moved.",
            pointed.failed,
        )
    after = {
        name: each.at(pointed.aliases[name].revision) if name in pointed.aliases else each
        for name, each in moving.after.items()
    }
    return operation.end(after, reason=operation.begun.reason)


def _looked_at(
    operation: Operation, functions: Functions, moving: Moving, pointed: Pointed
) -> Moving:
    """The same moves, from where the aliases are that were not where the ledger has them."""
    assert moving.look
    names = [name for name, _ in pointed.failed]
    operation.delivery.progress("", f"looks at {len(names)} aliases that somebody else changed")
    try:
        there = moving.look(names)
    except DeliveryError as error:
        go_back(operation, functions, moving.moves, str(error))
        raise
    moves = tuple(
        each.model_copy(update={"before": there[each.name].runs}) if each.name in there else each
        for each in moving.moves
    )
    aliases = {name: each.alias for name, each in there.items()}
    return Moving(moves, {**moving.seen, **pointed.aliases, **aliases}, moving.after)


def go_back(
    operation: Operation, functions: Functions, moves: tuple[Move, ...], reason: str
) -> Entry:
    """Every alias to what it was before. Raises when one cannot: the next command tries again."""
    operation.delivery.progress("", f"takes {len(moves)} aliases back: {reason}")
    operation.start_returning(moves, reason)
    return return_all(operation, functions, moves, reason)


def return_all(
    operation: Operation, functions: Functions, moves: tuple[Move, ...], reason: str
) -> Entry:
    """The way back of an operation that is already in the ledger as returning."""
    failed = back(functions, moves, operation.anchor, operation.delivery.progress)
    if failed:
        name = operation.environment.name
        raise failure(
            f"{name} is neither as before nor promoted: some aliases did not go back. "
            f"`delivery resume {name}` tries again.",
            failed,
        )
    return operation.give_up(e.RETURNED, reason)


def abandon(operation: Operation, reason: str) -> Entry:
    """Ends an operation before anything moved."""
    return operation.give_up(e.ABANDONED, reason)
