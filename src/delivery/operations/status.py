"""What runs where, since when, by whom, and whether that is what the ledger says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from delivery.core.config import Environment
from delivery.core.stage import Stage
from delivery.core.status import EnvironmentStatus, status_of
from delivery.edges.ledger import Read
from delivery.operations.delivery import Delivery
from delivery.operations.observe import check_ledger, observe, read_stage


@dataclass(frozen=True)
class Seen:
    """An environment by its ledger, the ledger as it was read, and what was seen there."""

    stage: Stage
    read: Read
    status: EnvironmentStatus


def look(delivery: Delivery, environment: Environment) -> Seen:
    """One environment as it is now. Changes nothing."""
    stage, read = read_stage(delivery, environment.name)
    names = stage.functions or delivery.config.smoke
    seen = observe(delivery, environment, names, stage)
    check_ledger(environment.name, read, seen.values())
    return Seen(stage, read, status_of(stage, seen.values(), read.now))


def status(
    delivery: Delivery, environments: Iterable[Environment]
) -> tuple[EnvironmentStatus, ...]:
    """Each environment as it is now. Changes nothing."""
    return tuple(look(delivery, each).status for each in environments)
