"""`plan`, `promote`, `rollback`, `resume`, `hold`: what changes an environment, and what would."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from delivery.cli import show
from delivery.cli.app import DONE, FAILED, App, examples, main, pass_app, write
from delivery.core.entry import Entry
from delivery.core.errors import DeliveryError
from delivery.core.plan import Plan
from delivery.core.plan import parse as parse_plan
from delivery.operations.hold import hold as put_on_hold
from delivery.operations.plan import make_plan
from delivery.operations.promote import Order
from delivery.operations.promote import promote as promote_release
from delivery.operations.resume import resume as resume_operation
from delivery.operations.rollback import rollback as roll_back


class _Reason(click.ParamType[str]):
    """A text that says something: it is what others will read in the ledger."""

    name = "reason"

    def convert(self, value: Any, param: Any, ctx: Any) -> str:
        return str(value) if str(value).strip() else self.fail("a reason says why", param, ctx)


def _overriding(function: Any) -> Any:
    function = click.option(
        "--skip-soak",
        metavar="REASON",
        type=_Reason(),
        help="Promote before the soak time is over.",
    )(function)
    return click.option(
        "--lift-hold",
        metavar="REASON",
        type=_Reason(),
        help="Promote although the environment is held.",
    )(function)


def _overrides(**options: str | None) -> dict[str, str]:
    return {name.replace("_", "-"): reason for name, reason in options.items() if reason}


@main.command(
    epilog=examples("plan 2026-11-23.4 --to test", "plan 2026-11-23.4 --to prod -o p.json")
)
@click.argument("release")
@click.option("--to", "environment", required=True, help="The environment.")
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Keep the plan here."
)
@_overriding
@pass_app
def plan(
    app: App,
    release: str,
    environment: str,
    output: Path | None,
    lift_hold: str | None,
    skip_soak: str | None,
) -> int:
    """Show what a promotion would do, and what refuses it. Changes nothing; 1 when refused."""
    overrides = _overrides(lift_hold=lift_hold, skip_soak=skip_soak)
    made = make_plan(app.delivery, release, app.environment(environment), overrides).plan
    if output:
        write(output, made.dump())
    app.show(made.model_dump(mode="json"), lambda console: show.plan(console, made))
    return FAILED if made.refused else DONE


@main.command(
    epilog=examples(
        "promote 2026-11-23.4 --to test",
        "promote --plan plan.json",
        'promote 2026-11-23.4 --to prod --canary --lift-hold "fixed in #123"',
    )
)
@click.argument("release", required=False)
@click.option("--to", "environment", help="The environment.")
@click.option(
    "--plan",
    "plan_path",
    type=click.Path(dir_okay=False, exists=True, path_type=Path),
    help="Carry out this plan, as it is or not at all.",
)
@click.option(
    "--canary", is_flag=True, help="Move a share of the requests first, and watch alarms."
)
@_overriding
@pass_app
def promote(
    app: App,
    release: str | None,
    environment: str | None,
    plan_path: Path | None,
    canary: bool,
    lift_hold: str | None,
    skip_soak: str | None,
) -> int:
    """Promote a release: all functions of the environment, or none."""
    made = parse_plan(plan_path.read_bytes(), str(plan_path)) if plan_path else None
    release, environment = _asked(release, environment, made)
    overrides = _overrides(lift_hold=lift_hold, skip_soak=skip_soak)
    if made:
        overrides = {**made.overrides, **overrides}
    order = Order(release, app.environment(environment), canary, overrides, made)
    done = promote_release(app.delivery, order)
    touched = len(done.plan.touched)
    _ended(
        app,
        done.entry,
        f"{environment} runs {release}: {touched} of {len(done.plan.changes)} functions moved.",
    )
    return DONE


@main.command(epilog=examples("rollback prod", 'rollback prod --to 2026-11-22.1 -m "orders fail"'))
@click.argument("environment")
@click.option("--to", "release", help="The release; by default the last that was good there.")
@click.option("-m", "--reason", default="", help="Why, for the ledger.")
@pass_app
def rollback(app: App, environment: str, release: str | None, reason: str) -> int:
    """Roll back, by alias where it can be, and hold the environment."""
    done = roll_back(app.delivery, app.environment(environment), release, reason)
    back = done.to.release.id if done.to.release else "what was adopted"
    moved = sum(1 for each in done.steps if each.is_needed)
    _ended(
        app,
        done.entry,
        f"{environment} runs {back} again: {moved} functions moved. It is held: the next "
        "promotion needs --lift-hold REASON.",
    )
    return DONE


@main.command(epilog=examples("resume prod"))
@click.argument("environment")
@pass_app
def resume(app: App, environment: str) -> int:
    """Finish or undo what a command that was interrupted left, and take over one that runs."""
    entry = resume_operation(app.delivery, app.environment(environment))
    if entry is None:
        app.show(None, lambda console: console.print(f"Nothing is open in {environment}."))
    else:
        release = entry.release.id if entry.release else "what was adopted"
        became = _BECAME[entry.outcome] if entry.outcome else "is settled"
        _ended(app, entry, f"{environment}: the {entry.verb} of {release} {became}.")
    return DONE


@main.command(epilog=examples('hold prod -m "audit until Friday"'))
@click.argument("environment")
@click.option(
    "-m", "--reason", required=True, type=_Reason(), help="Why, for those who want to promote."
)
@pass_app
def hold(app: App, environment: str, reason: str) -> int:
    """Refuse promotions until one says --lift-hold REASON."""
    entry = put_on_hold(app.delivery, app.environment(environment), reason)
    _ended(app, entry, f"{environment} is held: {reason}")
    return DONE


def _asked(release: str | None, environment: str | None, made: Plan | None) -> tuple[str, str]:
    if made is None:
        if not release or not environment:
            raise click.UsageError("Say which RELEASE and --to which environment, or --plan FILE.")
        return release, environment
    if release not in (None, made.release.id) or environment not in (None, made.environment):
        raise DeliveryError(
            f"The plan is of {made.release.id} to {made.environment}, and something else was asked "
            "for. Leave RELEASE and --to out."
        )
    return made.release.id, made.environment


_BECAME = {
    "done": "was finished: every alias had a version that had passed",
    "returned": "was undone: every alias is where it was",
    "abandoned": "was given up: nothing had moved",
}


def _ended(app: App, entry: Entry, text: str) -> None:
    app.show(entry.model_dump(mode="json"), lambda console: console.print(text, markup=False))
