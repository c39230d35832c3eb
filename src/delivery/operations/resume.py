"""Finishes or undoes what a command that did not come to its end has left in an environment."""

from __future__ import annotations

from delivery.core.config import Environment
from delivery.core.entry import Entry
from delivery.operations.carry_out import Moving, abandon, finish, go_back, return_all
from delivery.operations.delivery import Delivery
from delivery.operations.moves import aliases
from delivery.operations.observe import read_stage
from delivery.operations.steps import Operation


def resume(delivery: Delivery, environment: Environment, prefer_back: bool = False) -> Entry | None:
    """Finish or undo what an operation left; its end, or None when nothing is open.

    What had not begun to move is abandoned. What had is finished, since every version had passed;
    it is undone when it was on its way back, was a canary, or `prefer_back`.
    """
    stage, _ = read_stage(delivery, environment.name)
    left = stage.open
    if left is None:
        return None
    functions = delivery.functions(environment)
    moving = stage.head if left.moves else None
    operation = Operation(delivery, environment, left.begun, stage.head, moving)
    reason = f"resumed by {delivery.by}"
    if not left.moves:
        return abandon(operation, reason)
    if left.is_returning:
        return return_all(operation, functions, left.moves, f"{left.last.reason}; {reason}")
    if prefer_back or left.begun.canary:
        return go_back(operation, functions, left.moves, reason)
    after = {**stage.functions, **{each.name: each.after for each in left.moves}}
    seen = aliases(functions, left.moves)
    return finish(operation, functions, Moving(left.moves, seen, after))
