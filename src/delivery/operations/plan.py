"""Reads everything that a promotion is decided on, and makes the plan of it. Changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from delivery.core import plan as plans
from delivery.core.config import Environment
from delivery.core.entry import ReleaseRef
from delivery.core.errors import SignatureError
from delivery.core.gates import Situation, lambdas, refusals
from delivery.core.plan import Gate, Plan
from delivery.core.record import Image
from delivery.core.stage import Stage
from delivery.edges import releases
from delivery.edges.git import not_on_main
from delivery.edges.ledger import Read
from delivery.edges.registry import Registry
from delivery.edges.releases import Found
from delivery.operations.delivery import Delivery
from delivery.operations.observe import check_ledger, observe, read_stage, with_latest
from delivery.operations.side_by_side import side_by_side


@dataclass(frozen=True)
class Planned:
    """A plan and the ledger's state that it was made of."""

    plan: Plan
    stage: Stage


def make_plan(
    delivery: Delivery, release: str, environment: Environment, overrides: Mapping[str, str]
) -> Planned:
    """What promoting `release` to the environment would do, and every reason why it is refused."""
    host = delivery.config.registry_of(environment)
    registry = delivery.registry(host)
    with ThreadPoolExecutor(4) as pool:
        reading = pool.submit(_read_release, delivery, registry, release)
        own = pool.submit(read_stage, delivery, environment.name)
        before = pool.submit(_stage_before, delivery, environment)
        pool.submit(lambda: delivery.by).result()
        found, signature, off_main, images = reading.result()
        stage, read = own.result()
        stage_before = before.result()
    wanted = lambdas(delivery.config, found.record)
    seen = observe(delivery, environment, [each.name for each in wanted], stage)
    check_ledger(environment.name, read, seen.values())
    situation = Situation(
        config=delivery.config,
        environment=environment,
        record=found.record,
        stage=stage,
        before=stage_before,
        functions=seen,
        now=read.now,
        by=delivery.by,
        signature=signature,
        on_main=off_main,
        images=images,
        overrides=overrides,
    )
    return Planned(_plan(delivery, situation, read, host), stage)


def _plan(delivery: Delivery, situation: Situation, read: Read, host: str) -> Plan:
    stage, seen = situation.stage, dict(situation.functions)
    changes = [
        plans.change(each, host, seen[each.name], stage.functions.get(each.name))
        for each in situation.lambdas
    ]
    touched = [seen[each.name] for each in changes if each.action != plans.KEEP]
    seen.update(with_latest(delivery.functions(situation.environment), touched))
    record = situation.record
    return Plan(
        environment=situation.environment.name,
        release=ReleaseRef(id=record.id, commit=record.commit, record=record.sha256),
        runs=stage.release,
        config=delivery.config.digest,
        ledger=stage.head.number,
        made=read.now.isoformat().replace("+00:00", "Z"),
        by=delivery.by,
        changes=tuple(changes),
        observed=tuple(seen[name] for name in sorted(seen)),
        overrides=dict(situation.overrides),
        notes=tuple(_notes(delivery, situation)),
        refused=tuple(
            Gate(gate=each.gate, what=each.what, fix=each.fix) for each in refusals(situation)
        ),
    )


def _notes(delivery: Delivery, situation: Situation) -> list[str]:
    stage, notes = situation.stage, []
    last = next((each for each in reversed(stage.entries) if each.kind != "held"), None)
    if last and last.config != delivery.config.digest:
        notes.append(f"delivery.toml has changed since the last entry ({last.time})")
    kept = stage.functions.keys() - {each.name for each in situation.lambdas}
    if kept:
        notes.append(f"not in this release, and left as they are: {', '.join(sorted(kept))}")
    notes += [f"--{name}: {reason}" for name, reason in sorted(situation.overrides.items())]
    return notes


def _read_release(
    delivery: Delivery, registry: Registry, release: str
) -> tuple[Found, str, str, dict[str, str]]:
    """The record; what is wrong with its signature, with its commit, and with each image."""
    repository = delivery.config.releases
    found = releases.find(registry, repository, release)
    signature = ""
    try:
        releases.verify(registry, repository, found, delivery.release_keys)
    except SignatureError as error:
        signature = str(error)
    off_main = not_on_main(delivery.folder, found.record.commit, delivery.config.main)
    wanted = lambdas(delivery.config, found.record)

    def look(image: Image) -> str:
        return releases.missing_image(registry, image.repository, image.digest)

    answers = side_by_side(wanted, look).must()
    images = {image.name: wrong for image, wrong in zip(wanted, answers, strict=True)}
    return found, signature, off_main, images


def _stage_before(delivery: Delivery, environment: Environment) -> Stage | None:
    """The stage before, by its ledger; None for the first."""
    before = delivery.config.before(environment)
    return read_stage(delivery, before.name)[0] if before else None
