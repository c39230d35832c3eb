"""Begins an environment's ledger with what runs there, whatever that is. Touches no function."""

from __future__ import annotations

from delivery.core import entry as e
from delivery.core.config import Environment
from delivery.core.entry import Entry
from delivery.core.errors import Refusal, Refused
from delivery.operations.delivery import Delivery
from delivery.operations.observe import observe, read_stage
from delivery.operations.steps import draft_of


def adopt(delivery: Delivery, environment: Environment) -> Entry:
    """Writes the entry, of each lambda that delivery.toml has a smoke section for.

    Adopted again, what was changed by hand since is what is to be. After a first promotion there is
    a release to repair it to, and adoption is `Refused`.
    """
    stage, _ = read_stage(delivery, environment.name)
    if stage.open or stage.release:
        what = f"{stage.open} has no end" if stage.open else f"{environment.name} has a ledger"
        raise Refused(
            f"refused adoption of {environment.name}:",
            [Refusal("ledger", what, "`delivery status` shows what it holds")],
        )
    seen = observe(delivery, environment, delivery.config.smoke, stage, asks_lambda=True)
    draft = draft_of(delivery, environment, e.ADOPTED, "adopt")
    # Nothing where there is no alias yet.
    functions = {name: each.runs for name, each in seen.items() if each.runs is not None}
    entry, _ = delivery.ledger.append(draft.model_copy(update={"functions": functions}), stage.head)
    return entry
