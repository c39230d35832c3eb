"""What an environment's ledger adds up to: what runs there, what was good, what is open or held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from delivery.core import entry as e
from delivery.core.chain import Head, Stored, head_of
from delivery.core.config import utc
from delivery.core.entry import Entry, Move, ReleaseRef, Running


@dataclass(frozen=True)
class Open:
    """An operation without an end. `moves` is empty until all new versions had passed."""

    begun: Entry
    last: Entry

    @property
    def moves(self) -> tuple[Move, ...]:
        return self.last.moves if self.last.kind in (e.MOVING, e.RETURNING) else ()

    @property
    def is_returning(self) -> bool:
        return self.last.kind == e.RETURNING

    def __str__(self) -> str:
        release = self.begun.release.id if self.begun.release else "?"
        return f"the {self.begun.verb} of {release} that {self.begun.by} began {self.begun.time}"


@dataclass(frozen=True)
class Hold:
    """Nothing is promoted until somebody lifts it, with a reason."""

    by: str
    time: str
    reason: str


@dataclass(frozen=True)
class Period:
    """A time in which a release served. `until` is None while it does.

    `functions` is what the environment ran in it. `failed` is why a verification found it wanting.
    """

    release: ReleaseRef | None
    since: str
    by: str
    functions: dict[str, Running]
    until: str | None = None
    failed: str | None = None
    rolled_back: bool = False

    def lasted(self, now: datetime) -> timedelta:
        return max(timedelta(), (utc(self.until) if self.until else now) - utc(self.since))


@dataclass(frozen=True)
class Stage:
    """An environment by its ledger, up to `head`."""

    name: str
    head: Head = field(default_factory=Head)
    periods: tuple[Period, ...] = ()
    open: Open | None = None
    hold: Hold | None = None
    entries: tuple[Entry, ...] = field(default=(), repr=False)
    seen: str = ""

    @property
    def is_adopted(self) -> bool:
        return bool(self.periods)

    @property
    def now(self) -> Period | None:
        """What serves, as far as the ledger knows."""
        return self.periods[-1] if self.periods else None

    @property
    def release(self) -> ReleaseRef | None:
        return self.now.release if self.now else None

    @property
    def functions(self) -> dict[str, Running]:
        return self.now.functions if self.now else {}

    def of(self, record: str) -> Period | None:
        """The last time in which the release with this record served here."""
        served = [each for each in self.periods if each.release and each.release.record == record]
        return served[-1] if served else None

    def good_before(self) -> Period | None:
        """The last period before this one whose release nobody found wanting, and another."""
        last = {each.release: each for each in self.periods}
        for each in reversed(self.periods[:-1]):
            newest = last[each.release]
            if each.release != self.release and not (newest.failed or newest.rolled_back):
                return each
        return None

    def known_digest(self, name: str, version: str) -> Running | None:
        """What a version of a lambda runs, if the ledger has it: a version never changes."""
        for period in reversed(self.periods):
            running = period.functions.get(name)
            if running and running.version == version:
                return running
        return None


def stage_of(name: str, chain: Sequence[Stored]) -> Stage:
    """The environment by its entries, oldest first, whose chain was checked."""
    stage = Stage(name)
    for stored in chain:
        stage = _after(stage, stored.entry)
    return replace(stage, head=head_of(chain), entries=tuple(each.entry for each in chain))


def _after(stage: Stage, entry: Entry) -> Stage:
    if entry.kind == e.ADOPTED:
        return replace(_next(stage, entry, None), seen=entry.time)
    if entry.kind == e.BEGUN:
        lifted = "lift-hold" in entry.overrides
        hold = None if lifted else stage.hold
        return replace(stage, open=Open(entry, entry), hold=hold)
    if entry.kind in (e.MOVING, e.RETURNING) and stage.open:
        return replace(stage, open=Open(stage.open.begun, entry))
    if entry.kind == e.ENDED and stage.open:
        return _ended(stage, stage.open.begun, entry)
    if entry.kind == e.VERIFIED and stage.now:
        failed = entry.reason if entry.outcome == e.BAD else None
        now = replace(stage.now, failed=failed)
        return replace(stage, periods=(*stage.periods[:-1], now), seen=entry.time)
    if entry.kind == e.HELD:
        return replace(stage, hold=Hold(entry.by, entry.time, entry.reason))
    return stage


def _ended(stage: Stage, begun: Entry, entry: Entry) -> Stage:
    stage = replace(stage, open=None)
    if entry.outcome == e.RETURNED and stage.now:
        # The way there and back gave aliases other revisions.
        functions = {name: each.at(None) for name, each in stage.functions.items()}
        now = replace(stage.now, functions=functions)
        return replace(stage, periods=(*stage.periods[:-1], now))
    if entry.outcome != e.DONE:
        return stage
    if begun.verb == "rollback":
        hold = Hold(entry.by, entry.time, entry.reason or f"rolled back to {_id(begun.release)}")
        stage = replace(stage, hold=hold)
        if stage.now and stage.release != begun.release:
            now = replace(stage.now, rolled_back=True)
            stage = replace(stage, periods=(*stage.periods[:-1], now))
    return replace(_next(stage, entry, begun.release), seen=entry.time)


def _next(stage: Stage, entry: Entry, release: ReleaseRef | None) -> Stage:
    """The release serves from this entry on. The same one goes on serving, after a repair too."""
    functions = entry.functions or {}
    if stage.now and stage.release == release and release:
        now = replace(stage.now, functions=functions, failed=None)
        return replace(stage, periods=(*stage.periods[:-1], now))
    earlier = stage.periods
    if stage.now:
        earlier = (*earlier[:-1], replace(stage.now, until=entry.time))
    return replace(stage, periods=(*earlier, Period(release, entry.time, entry.by, functions)))


def _id(release: ReleaseRef | None) -> str:
    return release.id if release else "what was adopted"
