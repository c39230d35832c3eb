"""Gathers what the board shows: every environment, and a plan of what would come next to it."""

from __future__ import annotations

from delivery.core.board import Board, Next, board_of
from delivery.core.config import Environment
from delivery.core.errors import DeliveryError
from delivery.core.plan import Plan
from delivery.operations.delivery import Delivery
from delivery.operations.plan import make_plan
from delivery.operations.status import Seen, look


def board(delivery: Delivery, release: str | None = None) -> Board:
    """What comes next to an environment is `release`, else what the stage before it runs.

    Changes nothing. Raises what `status` raises; a plan that cannot be made is shown as that.
    """
    environments = delivery.config.environments
    seen: list[Seen] = []
    plans: dict[str, Plan | Next] = {}
    for environment in environments:
        delivery.progress("", f"looks at {environment.name}")
        seen.append(look(delivery, environment))
        wanted = release or (_runs(seen[-2]) if len(seen) > 1 else None)
        if wanted:
            plans[environment.name] = _plan(delivery, wanted, environment)
    return board_of(
        seen[-1].read.now.isoformat().replace("+00:00", "Z"),
        [each.status for each in seen],
        [each.stage.entries for each in seen],
        plans,
    )


def _runs(seen: Seen) -> str | None:
    return seen.stage.release.id if seen.stage.release else None


def _plan(delivery: Delivery, release: str, environment: Environment) -> Plan | Next:
    try:
        return make_plan(delivery, release, environment, {}).plan
    except DeliveryError as error:
        return Next(release=release, problem=str(error))
