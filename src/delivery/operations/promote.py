"""Promotes a release to an environment: all functions, or none.

1. Plan; refuse, with every reason, before anything is written.
2. `begun`: take the environment in the ledger.
3. For all functions that run another digest side by side: a version of the record's digest, tried
   by its smoke event. When one fails the operation is abandoned; nothing that serves has changed.
4. `moving`: then move the aliases, by weights first with `canary`. When one fails all go back.
5. `ended`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from delivery.core import entry as e
from delivery.core.config import Environment, utc
from delivery.core.entry import Entry, Move, Running
from delivery.core.errors import DeliveryError, Refusal, Refused
from delivery.core.observed import Alias, Function
from delivery.core.plan import REPAIR, Change, Plan, moved
from delivery.core.stage import Stage
from delivery.edges.functions import Functions
from delivery.operations.carry_out import INTERRUPTED, Moving, abandon, carry_out
from delivery.operations.delivery import Delivery
from delivery.operations.observe import read_stage
from delivery.operations.plan import Planned, make_plan
from delivery.operations.prepare import Wanted, prepare
from delivery.operations.resume import resume
from delivery.operations.side_by_side import failure, side_by_side, summary
from delivery.operations.steps import Operation, begin, draft_of


@dataclass(frozen=True)
class Order:
    """What is asked for. `plan` is one made before, to be carried out as it is or not at all."""

    release: str
    environment: Environment
    canary: bool = False
    overrides: Mapping[str, str] = field(default_factory=dict)
    plan: Plan | None = None


@dataclass(frozen=True)
class Promoted:
    """What was done. `entry` is the ledger's last word, None when there was nothing to do."""

    plan: Plan
    entry: Entry


def promote(delivery: Delivery, order: Order) -> Promoted:
    """Raises `Refused` when nothing was done, `DeliveryError` when all is as it was."""
    environment = order.environment
    delivery.progress("", f"looks at {order.release} and {environment.name}")
    _bury(delivery, environment)
    planned = make_plan(delivery, order.release, environment, order.overrides)
    _refuse(order, planned.plan)
    operation = begin(
        delivery,
        environment,
        _begun(delivery, order, planned),
        planned.stage.head,
    )
    functions = delivery.functions(environment)
    versions = _versions(operation, functions, planned.plan)
    moving = _moving(planned, versions)
    return Promoted(planned.plan, carry_out(operation, functions, moving, order.canary))


def _bury(delivery: Delivery, environment: Environment) -> None:
    """What a dead command left is finished first. Within the lease it may be alive: see `_open`."""
    stage, read = read_stage(delivery, environment.name)
    left = stage.open
    if left and read.now - utc(left.last.time) > delivery.config.ledger.lease:
        delivery.progress("", f"finishes or undoes {left}, which has no end")
        resume(delivery, environment)


def _refuse(order: Order, plan: Plan) -> None:
    headline = f"refused promotion of {order.release} to {order.environment.name}:"
    refusals = list(plan.refusals)
    if order.plan:
        refusals += [
            Refusal("plan", each, "Plan again, and look at what changed")
            for each in moved(order.plan, plan)
        ]
    if order.canary and not order.environment.canary:
        refusals.append(
            Refusal(
                "canary",
                f"{order.environment.name} has no canary steps",
                "Add `canary` and `alarm` to it in delivery.toml",
            )
        )
    if refusals:
        raise Refused(headline, refusals)


def _begun(delivery: Delivery, order: Order, planned: Planned) -> Entry:
    plan = planned.plan
    draft = draft_of(delivery, order.environment, e.BEGUN, "promote")
    return draft.model_copy(
        update={
            "release": plan.release,
            "before": plan.runs,
            "plan": plan.sha256,
            "canary": order.canary,
            "overrides": dict(order.overrides),
        }
    )


def _versions(operation: Operation, functions: Functions, plan: Plan) -> dict[str, Running]:
    """A version for each function that is touched, all of which have passed."""
    delivery = operation.delivery
    observed = {each.name: each for each in plan.observed}

    def make(change: Change) -> Running:
        return _version(delivery, operation, functions, change, observed[change.name])

    if plan.touched:
        delivery.progress("", f"makes and tries {len(plan.touched)} versions")
    try:
        results = side_by_side(plan.touched, make)
    except KeyboardInterrupt:
        abandon(operation, INTERRUPTED)
        raise
    failed = [(change.name, error) for change, error in results.failed]
    if failed:
        abandon(operation, summary(failed))
        raise failure(
            f"{plan.environment} is as it was: {len(failed)} of {len(plan.touched)} new versions "
            "did not pass.",
            failed,
        )
    return {change.name: running for change, running in results.done}


def _version(
    delivery: Delivery,
    operation: Operation,
    functions: Functions,
    change: Change,
    seen: Function,
) -> Running:
    if change.action == REPAIR and seen.serves and seen.serves.digest == change.digest:
        # The right code serves already, beside other versions: only the alias is wrong.
        return Running(version=seen.serves.version, digest=change.digest, image=seen.serves.image)
    if seen.latest is None:
        raise DeliveryError(f"{change.function} is gone since it was looked at.")
    wanted = Wanted(
        name=change.name,
        function=change.function,
        image=change.image,
        digest=change.digest,
        latest=seen.latest,
        description=operation.begun.release.id if operation.begun.release else "",
        smoke=delivery.config.smoke.get(change.name),
    )
    return prepare(functions, wanted, delivery.progress)


def _moving(planned: Planned, versions: Mapping[str, Running]) -> Moving:
    stage, plan = planned.stage, planned.plan
    moves = tuple(
        Move(name=each.name, function=each.function, before=each.runs, after=versions[each.name])
        for each in plan.touched
    )
    seen: dict[str, Alias | None] = {each.name: each.alias for each in plan.observed}
    kept = {each.name: each.runs for each in plan.changes if each.name not in versions}
    after = {
        **_still_there(stage, plan),
        **{name: running for name, running in kept.items() if running},
        **versions,
    }
    return Moving(moves, seen, after)


def _still_there(stage: Stage, plan: Plan) -> dict[str, Running]:
    """What the environment runs that is not in this release."""
    planned = {each.name for each in plan.changes}
    return {name: each for name, each in stage.functions.items() if name not in planned}
