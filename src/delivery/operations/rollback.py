"""Rolls an environment back: by alias where the version is still there, else by its digest.

Whatever is open in the environment is taken over and undone first: this is for emergencies.
Afterwards the environment is held, until a promotion lifts that.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from delivery.core import entry as e
from delivery.core.config import Environment
from delivery.core.entry import Entry, Move, Running
from delivery.core.errors import DeliveryError, Refusal, Refused
from delivery.core.observed import Alias, Code, Function
from delivery.core.stage import Period, Stage
from delivery.edges import releases
from delivery.edges.functions import Functions
from delivery.edges.ledger import Read
from delivery.operations.carry_out import INTERRUPTED, Moving, abandon, carry_out
from delivery.operations.delivery import Delivery
from delivery.operations.observe import check_ledger, observe, read_stage
from delivery.operations.prepare import Wanted, prepare
from delivery.operations.resume import resume
from delivery.operations.side_by_side import failure, side_by_side, summary
from delivery.operations.steps import Operation, begin, draft_of


@dataclass(frozen=True)
class Step:
    """What becomes of one function. `gone` says that the version has to be made again."""

    seen: Function
    target: Running
    gone: bool
    lost: str = ""

    @property
    def is_needed(self) -> bool:
        alias = self.seen.alias
        return self.gone or not alias or alias.version != self.target.version or bool(alias.weights)


@dataclass(frozen=True)
class RolledBack:
    """What was done: the period that is back, the functions that changed, the ledger's entry."""

    to: Period
    steps: tuple[Step, ...]
    entry: Entry


def rollback(
    delivery: Delivery, environment: Environment, to: str | None = None, reason: str = ""
) -> RolledBack:
    """Back to the release `to`, or the last that was good. Raises `Refused`, `DeliveryError`."""
    stage, read = _settled(delivery, environment)
    period = _period(environment, stage, to)

    def look(names: Iterable[str]) -> dict[str, Function]:
        found = observe(delivery, environment, names, stage)
        check_ledger(environment.name, read, found.values())
        return found

    known = _known(environment, stage, period)
    seen = {**known, **look(period.functions.keys() - known.keys())}
    steps = _steps(delivery, environment, period, seen)
    lost = [
        Refusal("registry", f"{each.seen.name}: {each.lost}", "Choose another with --to RELEASE")
        for each in steps
        if each.lost
    ]
    if lost:
        raise Refused(f"refused rollback of {environment.name} to {_named(period)}:", lost)
    draft = draft_of(delivery, environment, e.BEGUN, "rollback").model_copy(
        update={"release": period.release, "before": stage.release, "reason": reason}
    )
    operation = begin(delivery, environment, draft, stage.head)
    functions = delivery.functions(environment)
    needed = tuple(each for each in steps if each.is_needed)
    versions = _versions(operation, functions, needed)
    moving = Moving(
        moves=tuple(_move(each, versions[each.seen.name]) for each in needed),
        seen={each.seen.name: each.seen.alias for each in needed},
        after=_after(stage, seen, versions),
        look=look,
    )
    return RolledBack(period, steps, carry_out(operation, functions, moving, by_canary=False))


def _settled(delivery: Delivery, environment: Environment) -> tuple[Stage, Read]:
    """The environment, in which nothing is open any more."""
    with ThreadPoolExecutor(2) as pool:
        # Asked anyway when the first entry is written; whoever waits for a rollback waits less.
        pool.submit(lambda: delivery.by)
        pool.submit(delivery.ledger.signer.get_ready)
        stage, read = read_stage(delivery, environment.name)
    if stage.open:
        resume(delivery, environment, prefer_back=True)
        stage, read = read_stage(delivery, environment.name)
    return stage, read


def _known(environment: Environment, stage: Stage, period: Period) -> dict[str, Function]:
    """Functions that have to move, as the ledger has them: nobody is asked for their aliases.

    Where the ledger is wrong, the alias has another revision and is not moved. A function that is
    right already moves nowhere, so that it is right has to be seen.
    """
    known = {}
    for name, target in period.functions.items():
        runs = stage.functions.get(name)
        if runs and runs.revision and runs.version != target.version:
            known[name] = Function(
                name=name,
                function=environment.function_name(name),
                alias=Alias(version=runs.version, revision=runs.revision),
                serves=Code(
                    version=runs.version, revision="", digest=runs.digest, image=runs.image
                ),
            )
    return known


def _after(
    stage: Stage, seen: dict[str, Function], versions: dict[str, Running]
) -> dict[str, Running]:
    """What then runs: also what is not of the release, and what was right already."""
    right = {name: each.runs for name, each in seen.items() if each.runs}
    return {**stage.functions, **right, **versions}


def _period(environment: Environment, stage: Stage, to: str | None) -> Period:
    if to is None:
        found = stage.good_before()
        what = "no release that was good before this one"
    else:
        served = [each for each in stage.periods if each.release and each.release.id == to]
        found = served[-1] if served else None
        what = f"never run {to}"
    if found is None:
        runs = ", ".join(dict.fromkeys(_named(each) for each in stage.periods)) or "nothing"
        raise Refused(
            f"refused rollback of {environment.name}:",
            [Refusal("order", f"it has {what}", f"It has run: {runs}")],
        )
    return found


def _steps(
    delivery: Delivery, environment: Environment, period: Period, seen: dict[str, Function]
) -> tuple[Step, ...]:
    functions = delivery.functions(environment)

    def look(name: str) -> Step:
        target, there = period.functions[name], seen[name]
        if there.alias and there.alias.version == target.version:
            return Step(there, target, gone=False)
        code = functions.code(there.function, target.version)
        gone = code is None or code.digest != target.digest
        latest = functions.code(there.function) if gone else there.latest
        if gone and latest is None:
            return Step(there, target, gone, lost=f"{there.function} does not exist")
        lost = _lost(delivery, target) if target.image or gone else ""
        return Step(there.model_copy(update={"latest": latest}), target, gone, lost)

    return side_by_side(sorted(period.functions), look).must()


def _lost(delivery: Delivery, target: Running) -> str:
    """Why the registry cannot give the image any more; empty when it can."""
    if not target.image or not target.digest:
        return f"version {target.version} is gone, and what it ran is not known"
    host, _, rest = target.image.partition("/")
    repository = rest.partition("@")[0].partition(":")[0]
    return releases.missing_image(delivery.registry(host), repository, target.digest)


def _versions(
    operation: Operation, functions: Functions, steps: tuple[Step, ...]
) -> dict[str, Running]:
    delivery = operation.delivery

    def make(step: Step) -> Running:
        if not step.gone:
            return step.target.at(None)
        target, latest = step.target, step.seen.latest
        if latest is None or target.image is None or target.digest is None:
            raise DeliveryError(f"{step.seen.function} cannot be made again.")
        wanted = Wanted(
            name=step.seen.name,
            function=step.seen.function,
            image=target.image,
            digest=target.digest,
            latest=latest,
            description="rollback",
            smoke=delivery.config.smoke.get(step.seen.name),
        )
        return prepare(functions, wanted, delivery.progress)

    gone = sum(1 for each in steps if each.gone)
    if gone:
        delivery.progress("", f"makes {gone} versions again that are gone")
    try:
        results = side_by_side(steps, make)
    except KeyboardInterrupt:
        abandon(operation, INTERRUPTED)
        raise
    failed = [(step.seen.name, error) for step, error in results.failed]
    if failed:
        abandon(operation, summary(failed))
        raise failure(f"{operation.environment.name} is as it was.", failed)
    return {step.seen.name: running for step, running in results.done}


def _move(step: Step, after: Running) -> Move:
    seen = step.seen
    return Move(name=seen.name, function=seen.function, before=seen.runs, after=after)


def _named(period: Period) -> str:
    return period.release.id if period.release else "adopted"
