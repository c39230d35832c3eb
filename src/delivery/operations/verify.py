"""Looks whether an environment is what its ledger says, asks Lambda itself, and writes it down."""

from __future__ import annotations

from dataclasses import dataclass

from delivery.core import entry as e
from delivery.core.config import Environment
from delivery.core.drift import drift
from delivery.core.entry import Entry
from delivery.core.errors import DeliveryError, Refusal, Refused
from delivery.core.observed import Function
from delivery.core.stage import Stage
from delivery.edges import releases
from delivery.operations.delivery import Delivery
from delivery.operations.observe import check_ledger, observe, read_stage
from delivery.operations.prepare import try_out
from delivery.operations.side_by_side import side_by_side
from delivery.operations.steps import draft_of


@dataclass(frozen=True)
class Verified:
    """What was found wrong, by lambda; nothing when all is well. `entry` is what the ledger has."""

    stage: Stage
    problems: tuple[str, ...]
    entry: Entry


def verify(delivery: Delivery, environment: Environment) -> Verified:
    """Each alias, its version's code as Lambda resolved it, its image, its smoke test.

    A failure revokes the environment for the stage after. Raises `Refused` without a ledger.
    """
    stage, read = read_stage(delivery, environment.name)
    if not stage.is_adopted or stage.open:
        what = f"{stage.open} has no end" if stage.open else "there is no ledger yet"
        verb = "resume" if stage.open else "adopt"
        raise Refused(
            f"refused verification of {environment.name}:",
            [Refusal("ledger", what, f"`delivery {verb} {environment.name}` first")],
        )
    seen = observe(delivery, environment, stage.functions, stage, asks_lambda=True)
    check_ledger(environment.name, read, seen.values())
    problems = [f"{each.name}: {each.how}" for each in drift(stage, seen.values())]
    problems += _tried(delivery, environment, seen)
    outcome: e.Outcome = e.BAD if problems else e.GOOD
    draft = draft_of(delivery, environment, e.VERIFIED, "verify").model_copy(
        update={"release": stage.release, "outcome": outcome, "reason": "; ".join(problems)}
    )
    entry, _ = delivery.ledger.append(draft, stage.head)
    return Verified(stage, tuple(problems), entry)


def _tried(delivery: Delivery, environment: Environment, seen: dict[str, Function]) -> list[str]:
    functions = delivery.functions(environment)

    def look(each: Function) -> str:
        if each.alias is None or each.serves is None or each.serves.digest is None:
            return ""
        host, _, rest = (each.serves.image or "").partition("/")
        repository = rest.partition("@")[0].partition(":")[0]
        digest = each.serves.digest
        lost = releases.missing_image(delivery.registry(host), repository, digest)
        if lost:
            return f"{each.name}: {lost}"
        smoke = delivery.config.smoke.get(each.name)
        version = each.alias.version
        try:
            try_out(functions, each.name, each.function, version, smoke, delivery.progress)
        except DeliveryError as error:
            return f"{each.name}: {error}"
        return ""

    return [found for found in side_by_side(seen.values(), look).must() if found]
