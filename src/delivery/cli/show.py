"""How results look to people. The same values are printed as JSON by `--json`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from delivery.core.entry import Entry
from delivery.core.gates import shown
from delivery.core.plan import KEEP, Plan
from delivery.core.retention import Use
from delivery.core.status import EnvironmentStatus
from delivery.operations.retention import Loss

# These take several entries; of the others the kind says it all.
_OPERATIONS = ("promote", "rollback")


def plan(console: Console, made: Plan) -> None:
    """Per function: runs now, will run, why; and what is refused."""
    runs = made.runs.id if made.runs else "nothing that was promoted"
    console.print(f"{made.environment} runs {runs}; {made.release.id} would be promoted.")
    table = Table("lambda", "runs", "will run", "why", box=None, pad_edge=False)
    for each in made.changes:
        now = f"{each.runs.version} {digest(each.runs.digest)}" if each.runs else "–"
        will = "the same" if each.action == KEEP else digest(each.digest)
        table.add_row(each.name, now, will, escape(each.why))
    console.print(table)
    for note in made.notes:
        console.print(f"note: {note}", markup=False)
    for refusal in made.refusals:
        console.print(f"refused, {refusal.gate}: {refusal}", style="red", markup=False)
    if not made.refused:
        touched = len(made.touched)
        console.print(f"{touched} of {len(made.changes)} functions get a new version.")


def statuses(console: Console, environments: Iterable[EnvironmentStatus]) -> None:
    """A line per environment, and what is wrong below."""
    table = Table("environment", "release", "for", "by", "functions", box=None, pad_edge=False)
    environments = tuple(environments)
    for each in environments:
        right = sum(1 for function in each.functions if not function.drift)
        age = shown(timedelta(seconds=each.age)) if each.age is not None else "–"
        table.add_row(
            each.name,
            each.release or ("adopted" if each.since else "no ledger"),
            age,
            escape(_short(each.by)),
            f"{right} of {len(each.functions)} as in the ledger",
        )
    console.print(table)
    for each in environments:
        for label in ("hold", "open", "failed"):
            if text := getattr(each, label):
                console.print(f"{each.name} {label}: {text}", markup=False, style="yellow")
        for function in each.functions:
            for how in function.drift:
                console.print(
                    f"{each.name} drift: {function.name}: {how}", markup=False, style="red"
                )


def history(console: Console, entries: Iterable[Entry]) -> None:
    """A line per entry, newest last; only the reason may need a second one."""
    table = Table(box=None, pad_edge=False)
    for name in ("time (UTC)", "", "entry", "what", "release", "by"):
        table.add_column(name, no_wrap=True, justify="right" if name == "entry" else "left")
    table.add_column("outcome, reason", overflow="fold")
    for each in entries:
        table.add_row(
            minute(each.time),
            each.environment,
            str(each.number),
            f"{each.verb} {each.kind}" if each.verb in _OPERATIONS else each.kind,
            each.release.id if each.release else "–",
            escape(_short(each.by)),
            escape(": ".join(filter(None, (each.outcome, each.reason)))),
        )
    console.print(table)


def uses(console: Console, found: Iterable[Use]) -> None:
    """A digest a line, with who needs it."""
    for each in found:
        needed = ", ".join(each.needed_by[:3])
        more = f" and {len(each.needed_by) - 3} more" if len(each.needed_by) > 3 else ""
        console.print(f"{each.image or each.digest}  {needed}{more}", markup=False)


def losses(console: Console, lost: Iterable[Loss]) -> None:
    """Each digest in use that a policy would expire, with the rule and who needs it."""
    found = [
        f"refused: rule {each.rule} expires {each.repository}@{each.use.digest}, which "
        f"{each.use.needed_by[0]} needs"
        for each in lost
    ]
    lines(console, found or ["Nothing that is in use would be expired."])


def lines(console: Console, texts: Iterable[str]) -> None:
    """A text a line, as it is."""
    for text in texts:
        console.print(text, markup=False)


def minute(time: str) -> str:
    """`2026-11-24 10:32`: what people need of an entry's time, which is UTC."""
    return time[:16].replace("T", " ")


def digest(text: str | None) -> str:
    """A digest as short as people compare it."""
    return f"{text.removeprefix('sha256:')[:12]}" if text else "no image"


def _short(arn: str | None) -> str:
    """The last part of an ARN: who it is."""
    return arn.rpartition(":")[2] if arn else "–"
