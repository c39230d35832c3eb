"""Holds an environment: nothing is promoted there until somebody lifts it with a reason."""

from __future__ import annotations

from delivery.core import entry as e
from delivery.core.config import Environment
from delivery.core.entry import Entry
from delivery.operations.delivery import Delivery
from delivery.operations.observe import read_stage
from delivery.operations.steps import draft_of


def hold(delivery: Delivery, environment: Environment, reason: str) -> Entry:
    """Raises `Taken` when the ledger goes on meanwhile, also by an operation that runs."""
    stage, _ = read_stage(delivery, environment.name)
    draft = draft_of(delivery, environment, e.HELD, "hold")
    entry, _ = delivery.ledger.append(draft.model_copy(update={"reason": reason}), stage.head)
    return entry
