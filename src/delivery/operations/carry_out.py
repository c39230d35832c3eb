"""From versions that have passed to aliases that point to them, or back: one way for all verbs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from delivery.core import entry as e
from delivery.core.entry import Entry, Move, Running
from delivery.core.observed import Alias
from delivery.edges.functions import Functions
from delivery.operations import canary
from delivery.operations.moves import back, forward
from delivery.operations.side_by_side import failure, summary
from delivery.operations.steps import Operation

INTERRUPTED = "interrupted"


@dataclass(frozen=True)
class Moving:
    """What is to be moved. `seen` is where the aliases were, `after` what then runs."""

    moves: tuple[Move, ...]
    seen: Mapping[str, Alias | None]
    after: Mapping[str, Running]


def carry_out(operation: Operation, functions: Functions, moving: Moving, by_canary: bool) -> Entry:
    """Move all, and end the operation. Raises `DeliveryError` when it had to go back."""
    operation.start_moving(moving.moves)
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
    failed = forward(functions, moving.moves, moving.seen, operation.anchor, progress)
    if failed:
        go_back(operation, functions, moving.moves, summary(failed))
        raise failure(
            f"{operation.environment.name} is as it was: not every alias could be moved.", failed
        )
    return operation.end(dict(moving.after), reason=operation.begun.reason)


def go_back(
    operation: Operation, functions: Functions, moves: tuple[Move, ...], reason: str
) -> None:
    """Every alias to what it was before. Raises when one cannot: the next command tries again."""
    operation.delivery.progress("", f"takes {len(moves)} aliases back: {reason}")
    operation.start_returning(moves, reason)
    return_all(operation, functions, moves, reason)


def return_all(
    operation: Operation, functions: Functions, moves: tuple[Move, ...], reason: str
) -> None:
    """The way back of an operation that is already in the ledger as returning."""
    failed = back(functions, moves, operation.anchor, operation.delivery.progress)
    if failed:
        name = operation.environment.name
        raise failure(
            f"{name} is neither as before nor promoted: some aliases did not go back. "
            f"`delivery resume {name}` tries again.",
            failed,
        )
    operation.give_up(e.RETURNED, reason)


def abandon(operation: Operation, reason: str) -> None:
    """Ends an operation before anything moved."""
    operation.give_up(e.ABANDONED, reason)
