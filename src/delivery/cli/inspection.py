"""`status`, `board`, `verify`, `history`, `adopt`, `in-use`, `check-lifecycle`: what is there."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import click

from delivery.board.render import render, verdict
from delivery.cli import show
from delivery.cli.app import DONE, DRIFT, FAILED, App, examples, main, pass_app, write
from delivery.core.errors import ConfigError
from delivery.core.retention import RegistryImage, parse_policy
from delivery.operations import retention
from delivery.operations.adopt import adopt as adopt_environment
from delivery.operations.board import board as make_board
from delivery.operations.observe import read_stage
from delivery.operations.status import status as status_of_all
from delivery.operations.verify import verify as verify_environment


@main.command(epilog=examples("status", "status prod --json"))
@click.argument("environments", nargs=-1)
@pass_app
def status(app: App, environments: tuple[str, ...]) -> int:
    """Show what runs where, since when and by whom. 2 when something drifted."""
    wanted = [app.environment(each) for each in environments]
    found = status_of_all(app.delivery, wanted or app.delivery.config.environments)
    app.show(
        [each.model_dump(mode="json") for each in found],
        lambda console: show.statuses(console, found),
    )
    return DRIFT if any(each.has_drifted for each in found) else DONE


@main.command(epilog=examples("board", "board 2026-11-23.4 -o public/index.html"))
@click.argument("release", required=False)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("delivery.html"),
    show_default=True,
    help="The page.",
)
@pass_app
def board(app: App, release: str | None, output: Path) -> int:
    """Write one page with all environments, lambdas, history, and what would come next.

    Next to an environment comes RELEASE, or by default what the stage before it runs.
    """
    made = make_board(app.delivery, release)
    write(output, render(made).encode())
    app.show(
        made.model_dump(mode="json"),
        lambda console: show.lines(console, (verdict(made), f"The board is {output}")),
    )
    return DRIFT if any(each.has_drifted for each in made.environments) else DONE


@main.command(epilog=examples("verify preprod"))
@click.argument("environment")
@pass_app
def verify(app: App, environment: str) -> int:
    """Ask Lambda and the registry, smoke-test what serves, and write the result down.

    A failure revokes the environment for the stage after it. 2 when something is wrong.
    """
    found = verify_environment(app.delivery, app.environment(environment))
    lines = found.problems or (f"{environment} is what its ledger says, and answers.",)
    app.show(
        found.entry.model_dump(mode="json"),
        lambda console: show.lines(console, lines),
    )
    return DRIFT if found.problems else DONE


@main.command(epilog=examples("history prod", "history --json"))
@click.argument("environments", nargs=-1)
@pass_app
def history(app: App, environments: tuple[str, ...]) -> int:
    """Show every entry of the ledger, its signatures and chain checked."""
    names = environments or [each.name for each in app.delivery.config.environments]
    entries = [
        entry
        for name in names
        for entry in read_stage(app.delivery, app.environment(name).name)[0].entries
    ]
    app.show(
        [each.model_dump(mode="json") for each in entries],
        lambda console: show.history(console, entries),
    )
    return DONE


@main.command(epilog=examples("adopt dev"))
@click.argument("environment")
@pass_app
def adopt(app: App, environment: str) -> int:
    """Begin an environment's ledger with what runs there. Touches no function."""
    entry = adopt_environment(app.delivery, app.environment(environment))
    known = entry.functions or {}
    missing = sorted(app.delivery.config.smoke.keys() - known.keys())
    text = f"{environment} is adopted with {len(known)} functions."
    if missing:
        text += f" Without function or alias: {', '.join(missing)}."
    app.show(entry.model_dump(mode="json"), lambda console: console.print(text, markup=False))
    return DONE


@main.command("in-use", epilog=examples("in-use", "in-use --entries 50 --json"))
@click.option(
    "--entries",
    type=click.IntRange(min=0),
    default=20,
    show_default=True,
    help="Ledger entries per environment.",
)
@pass_app
def in_use(app: App, entries: int) -> int:
    """List every digest that an alias, an environment or a recent ledger entry needs."""
    found = retention.digests_in_use(app.delivery, entries)
    app.show(
        [each.model_dump(mode="json") for each in found], lambda console: show.uses(console, found)
    )
    return DONE


@main.command(
    "check-lifecycle",
    epilog=examples("check-lifecycle policy.json", "check-lifecycle policy.json --within 365"),
)
@click.argument("policy", type=click.Path(dir_okay=False, exists=True, path_type=Path))
@click.option(
    "--entries",
    type=click.IntRange(min=0),
    default=20,
    show_default=True,
    help="Ledger entries per environment.",
)
@click.option(
    "--within",
    type=click.IntRange(min=0),
    default=90,
    show_default=True,
    help="Days to look ahead.",
)
@click.option(
    "--images",
    type=click.Path(dir_okay=False, exists=True, path_type=Path),
    help="What `aws ecr describe-images` printed, instead of asking ECR.",
)
@pass_app
def check_lifecycle(app: App, policy: Path, entries: int, within: int, images: Path | None) -> int:
    """Refuse an ECR lifecycle policy that would expire a digest in use."""
    rules = parse_policy(policy.read_bytes(), str(policy))
    delivery = app.delivery
    uses = retention.digests_in_use(delivery, entries)
    region = delivery.config.environments[0].region
    held = _images(images) if images else retention.ecr_images(delivery, region, uses)
    at = delivery.ledger.now() + timedelta(days=within)
    lost = retention.losses(rules, held, uses, at)
    app.show(
        [
            {"repository": each.repository, "rule": each.rule, **each.use.model_dump(mode="json")}
            for each in lost
        ],
        lambda console: show.losses(console, lost),
    )
    return FAILED if lost else DONE


def _images(path: Path) -> tuple[RegistryImage, ...]:
    try:
        details = json.loads(path.read_bytes())["imageDetails"]
        return tuple(RegistryImage.model_validate(each) for each in details)
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            f"{path} is not what `aws ecr describe-images` prints: {error}"
        ) from error
