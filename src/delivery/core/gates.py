"""The gates of a promotion: pure decisions over what was read and seen.

Each is a small function from a `Situation` to refusals. A promotion goes on when none has any.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from delivery.core.config import Config, Environment
from delivery.core.drift import drift
from delivery.core.errors import Refusal
from delivery.core.observed import Function
from delivery.core.record import Image, Record
from delivery.core.stage import Stage


@dataclass(frozen=True)
class Situation:
    """All that a promotion is decided on.

    `signature` is what is wrong with the record's signature, `on_main` what is wrong with its
    commit; both are empty when all is well. `images` is the answer of the registry to each digest,
    empty when it has it. `overrides` are the gates that the caller asked to pass, with reasons.
    """

    config: Config
    environment: Environment
    record: Record
    stage: Stage
    before: Stage | None
    functions: Mapping[str, Function]
    now: datetime
    by: str
    signature: str = ""
    on_main: str = ""
    images: Mapping[str, str] = field(default_factory=dict)
    overrides: Mapping[str, str] = field(default_factory=dict)

    @property
    def lambdas(self) -> tuple[Image, ...]:
        return lambdas(self.config, self.record)


def lambdas(config: Config, record: Record) -> tuple[Image, ...]:
    """The images of a record that are functions."""
    return tuple(each for each in record.images if config.is_function(each.address))


def refusals(situation: Situation) -> tuple[Refusal, ...]:
    """Every reason why this promotion is not done, in the order of the gates."""
    return tuple(refusal for gate in GATES for refusal in gate(situation))


def _signature(s: Situation) -> Iterator[Refusal]:
    if s.signature:
        yield Refusal("signature", s.signature, f"`delivery sign {s.record.id}` signs a release")


def _main(s: Situation) -> Iterator[Refusal]:
    if s.on_main:
        yield Refusal("main", s.on_main, "Only what is merged is promoted")


def _images(s: Situation) -> Iterator[Refusal]:
    for name, wrong in sorted(s.images.items()):
        if wrong:
            yield Refusal("registry", f"{name}: {wrong}", "Publish the release again")
    if not s.lambdas:
        yield Refusal(
            "registry",
            f"no image of {s.record.id} is at {', '.join(s.config.functions)}",
            "`functions` of delivery.toml says which addresses are lambdas",
        )


def _smoke(s: Situation) -> Iterator[Refusal]:
    for image in s.lambdas:
        if image.name not in s.config.smoke:
            yield Refusal(
                "smoke",
                f"{image.name} has no smoke event",
                f"Add [smoke.{image.name}] to delivery.toml, or `skip` there with the reason",
            )


def _adopted(s: Situation) -> Iterator[Refusal]:
    if not s.stage.is_adopted:
        name = s.environment.name
        yield Refusal("ledger", f"{name} has no ledger yet", f"Begin it: `delivery adopt {name}`")


def _exists(s: Situation) -> Iterator[Refusal]:
    for name, seen in sorted(s.functions.items()):
        if not seen.exists:
            yield Refusal(
                "function",
                f"{seen.function} of {name} does not exist in {s.environment.region}",
                "Create it first, on some image: delivery creates no function",
            )
        elif seen.serves and seen.serves.digest is None:
            yield Refusal(
                "function",
                f"{seen.function} runs no container image",
                "Lambda cannot change a function's package type: create it anew",
            )


def _open(s: Situation) -> Iterator[Refusal]:
    if s.stage.open:
        yield Refusal(
            "operation",
            f"{s.stage.open} has no end",
            f"Wait for it; if it is dead, `delivery resume {s.environment.name}` finishes it",
        )


def _order(s: Situation) -> Iterator[Refusal]:
    before = s.before
    if before is None:
        return
    period = before.of(s.record.sha256)
    if period is None:
        runs = before.release.id if before.release else "no release"
        yield Refusal(
            "order",
            f"{before.name} never ran {s.record.id}; it runs {runs}",
            f"`delivery promote {s.record.id} --to {before.name}` first",
        )
    elif period.failed is not None:
        yield Refusal(
            "order",
            f"{before.name} did not verify: {period.failed}",
            f"Repair it, then `delivery verify {before.name}`",
        )
    elif period.rolled_back:
        yield Refusal(
            "order",
            f"{before.name} was rolled back from {s.record.id}",
            "Promote a later release, or this one there again",
        )
    elif before.open and before.release == period.release:
        yield Refusal(
            "order", f"in {before.name}, {before.open} has no end", "Finish that one first"
        )


def _soak(s: Situation) -> Iterator[Refusal]:
    if s.before is None or "skip-soak" in s.overrides:
        return
    period = s.before.of(s.record.sha256)
    wanted = s.config.environment(s.before.name).soak
    if period and period.lasted(s.now) < wanted:
        left = wanted - period.lasted(s.now)
        ended = f", until {period.until}" if period.until else ""
        yield Refusal(
            "soak",
            f"{s.record.id} ran {shown(period.lasted(s.now))} in {s.before.name}{ended}; "
            f"{shown(wanted)} are asked for",
            f"Wait another {shown(left)}"
            if not period.until
            else f"Promote it to {s.before.name} again",
        )


def _hold(s: Situation) -> Iterator[Refusal]:
    hold = s.stage.hold
    if hold and "lift-hold" not in s.overrides:
        yield Refusal(
            "hold",
            f"{s.environment.name} is held by {hold.by} since {hold.time}: {hold.reason}",
            "`--lift-hold REASON` lifts it",
        )


def _drift(s: Situation) -> Iterator[Refusal]:
    repairs = s.stage.release and s.stage.release.record == s.record.sha256
    if repairs:
        return
    # A function that is gone has a gate of its own.
    there = [each for each in s.functions.values() if each.exists]
    for each in drift(s.stage, there):
        runs = s.stage.release.id if s.stage.release else None
        yield Refusal(
            "drift",
            str(each),
            f"`delivery promote {runs} --to {s.environment.name}` repairs it"
            if runs
            else f"`delivery adopt {s.environment.name}` takes it as it is",
        )


def _overrides(s: Situation) -> Iterator[Refusal]:
    for each in sorted(s.overrides):
        if not s.environment.may_override(each, s.by):
            yield Refusal(
                "override",
                f"{s.by} may not use --{each} in {s.environment.name}",
                f"delivery.toml says who may: overrides of {s.environment.name}",
            )


GATES: tuple[Callable[[Situation], Iterator[Refusal]], ...] = (
    _signature,
    _main,
    _images,
    _smoke,
    _adopted,
    _exists,
    _open,
    _order,
    _soak,
    _hold,
    _drift,
    _overrides,
)


def shown(duration: timedelta) -> str:
    """`1 d 2 h 3 min`, as people say it; seconds under a minute."""
    seconds = int(duration.total_seconds())
    if seconds < 60:
        return f"{seconds} s"
    minutes, hours, days = seconds // 60 % 60, seconds // 3600 % 24, seconds // 86400
    parts = ((days, "d"), (hours, "h"), (minutes, "min"))
    return " ".join(f"{number} {unit}" for number, unit in parts if number)
