"""What runs where, since when, by whom, and whether that is what the ledger says."""

from __future__ import annotations

from collections.abc import Iterable

from delivery.core.config import Environment
from delivery.core.status import EnvironmentStatus, status_of
from delivery.operations.delivery import Delivery
from delivery.operations.observe import check_ledger, observe, read_stage


def status(
    delivery: Delivery, environments: Iterable[Environment]
) -> tuple[EnvironmentStatus, ...]:
    """Each environment as it is now. Changes nothing."""
    found = []
    for environment in environments:
        stage, read = read_stage(delivery, environment.name)
        names = stage.functions or delivery.config.smoke
        seen = observe(delivery, environment, names, stage)
        check_ledger(environment.name, read, seen.values())
        found.append(status_of(stage, seen.values(), read.now))
    return tuple(found)
