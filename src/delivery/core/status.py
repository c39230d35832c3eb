"""An environment's state as a value that every output shows: text, JSON and the board."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from delivery.core.drift import drift
from delivery.core.observed import Function
from delivery.core.stage import Stage


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FunctionStatus(_Model):
    """One function. `expected` is the ledger's digest, `drift` how it differs."""

    name: str
    function: str
    version: str | None
    digest: str | None
    expected: str | None
    drift: tuple[str, ...] = ()


class HoldStatus(_Model):
    """Why, by whom and since when nothing is promoted."""

    reason: str
    by: str
    since: str

    def __str__(self) -> str:
        return f"{self.reason} ({self.by}, {self.since})"


class EnvironmentStatus(_Model):
    """One environment; `age` is how long its release has served, in seconds."""

    name: str
    release: str | None
    commit: str | None
    since: str | None
    by: str | None
    age: int | None
    hold: HoldStatus | None
    open: str | None
    failed: str | None
    functions: tuple[FunctionStatus, ...]

    @property
    def has_drifted(self) -> bool:
        return any(each.drift for each in self.functions)


def status_of(stage: Stage, seen: Iterable[Function], now: datetime) -> EnvironmentStatus:
    """What an environment is, by its ledger and by what was seen."""
    period = stage.now
    hold = stage.hold
    return EnvironmentStatus(
        name=stage.name,
        release=stage.release.id if stage.release else None,
        commit=stage.release.commit if stage.release else None,
        since=period.since if period else None,
        by=period.by if period else None,
        age=int(period.lasted(now).total_seconds()) if period else None,
        hold=HoldStatus(reason=hold.reason, by=hold.by, since=hold.time) if hold else None,
        open=str(stage.open) if stage.open else None,
        failed=period.failed if period else None,
        functions=tuple(_function(stage, each) for each in seen),
    )


def _function(stage: Stage, seen: Function) -> FunctionStatus:
    expected = stage.functions.get(seen.name)
    return FunctionStatus(
        name=seen.name,
        function=seen.function,
        version=seen.alias.version if seen.alias else None,
        digest=seen.serves.digest if seen.serves else None,
        expected=expected.digest if expected else None,
        drift=tuple(each.how for each in drift(stage, [seen])),
    )
