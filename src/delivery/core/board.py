"""The board as a value: lambdas by environments, what a promotion would change, and what happened.

Pure: from what the ledgers say, what was seen, and a plan for each environment.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from delivery.core import entry as e
from delivery.core.entry import Entry
from delivery.core.plan import Gate, Plan
from delivery.core.status import EnvironmentStatus, FunctionStatus


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Next(_Model):
    """What a promotion of `release` would do to an environment; `problem` is why nobody knows."""

    release: str
    changes: tuple[str, ...] = ()
    refused: tuple[Gate, ...] = ()
    problem: str = ""


class Column(_Model):
    """An environment, and what would come next to it; None where it runs that already."""

    status: EnvironmentStatus
    next: Next | None = None


class Cell(_Model):
    """A lambda in an environment. `kind` counts the row's digests from the left: equal ones share
    it. `becomes` is the digest that the next promotion brings, if another."""

    environment: str
    function: FunctionStatus | None
    kind: int | None = None
    becomes: str | None = None


class Row(_Model):
    """A lambda in all environments."""

    name: str
    cells: tuple[Cell, ...]

    @property
    def is_the_same(self) -> bool:
        """Everywhere the same digest, as the ledgers have it, and nothing comes next."""
        return {each.kind for each in self.cells} == {0} and not any(
            each.becomes or (each.function and each.function.drift) for each in self.cells
        )


class Event(_Model):
    """Something that happened in an environment, from the first of its entries to the last."""

    time: str
    environment: str
    mood: Literal["good", "bad", "open", "plain"]
    what: str
    release: str | None
    by: str
    reason: str = ""


class Board(_Model):
    """All of it, as it was at `made`. `events` are newest first."""

    made: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    events: tuple[Event, ...]

    @property
    def environments(self) -> tuple[EnvironmentStatus, ...]:
        return tuple(each.status for each in self.columns)


def board_of(
    made: str,
    statuses: Sequence[EnvironmentStatus],
    entries: Iterable[Sequence[Entry]],
    plans: Mapping[str, Plan | Next],
) -> Board:
    """The board of environments in order. `plans` are by environment; a `Next` is a failed one."""
    columns = tuple(
        Column(status=each, next=_next(each, plans.get(each.name))) for each in statuses
    )
    events = [event for each in entries for event in events_of(each)]
    # Of one time, the later environment is the newer: S3's clock has seconds.
    newest_first = sorted(range(len(events)), key=lambda n: (events[n].time, n), reverse=True)
    return Board(
        made=made,
        columns=columns,
        rows=tuple(_rows(columns, plans)),
        events=tuple(events[number] for number in newest_first),
    )


def _next(status: EnvironmentStatus, plan: Plan | Next | None) -> Next | None:
    if plan is None or isinstance(plan, Next):
        return plan
    if plan.release.id == status.release and not plan.touched:
        return None
    touched = tuple(each.name for each in plan.touched)
    return Next(release=plan.release.id, changes=touched, refused=plan.refused)


def _rows(columns: Sequence[Column], plans: Mapping[str, Plan | Next]) -> Iterator[Row]:
    by_name = [{each.name: each for each in column.status.functions} for column in columns]
    comes = [_comes(plans.get(column.status.name)) for column in columns]
    for name in sorted(set().union(*by_name, *comes)):
        digests: list[str] = []
        cells = []
        for column, functions, coming in zip(columns, by_name, comes, strict=True):
            function = functions.get(name)
            digest = function.digest if function else None
            if digest and digest not in digests:
                digests.append(digest)
            cells.append(
                Cell(
                    environment=column.status.name,
                    function=function,
                    kind=digests.index(digest) if digest else None,
                    becomes=coming.get(name),
                )
            )
        yield Row(name=name, cells=tuple(cells))


def _comes(plan: Plan | Next | None) -> dict[str, str]:
    return {each.name: each.digest for each in plan.touched} if isinstance(plan, Plan) else {}


def events_of(entries: Iterable[Entry]) -> Iterator[Event]:
    """What the entries of one environment say, oldest first; an operation is one event."""
    begun: Entry | None = None
    for each in entries:
        if each.kind == e.BEGUN:
            begun = each
        elif each.kind == e.ENDED and begun:
            yield _operation(begun, each)
            begun = None
        elif each.kind == e.ADOPTED:
            yield _event(each, "plain", f"adopted {len(each.functions or {})} functions")
        elif each.kind == e.HELD:
            yield _event(each, "bad", "held")
        elif each.kind == e.VERIFIED:
            good = each.outcome == e.GOOD
            yield _event(each, "good" if good else "bad", "verified" if good else "did not verify")
    if begun:
        yield _event(begun, "open", f"{begun.verb} has no end")


def _operation(begun: Entry, ended: Entry) -> Event:
    done = ended.outcome == e.DONE
    if begun.verb == "rollback":
        what = "rolled back to" if done else "was not rolled back to"
    else:
        what = "promoted" if done else "did not promote"
    mood: Literal["good", "bad"] = "good" if done and begun.verb == "promote" else "bad"
    lifted = "; ".join(f"--{name}: {reason}" for name, reason in sorted(begun.overrides.items()))
    reason = "; ".join(filter(None, (ended.reason, lifted)))
    return _event(ended, mood, what).model_copy(update={"reason": reason})


def _event(entry: Entry, mood: Literal["good", "bad", "open", "plain"], what: str) -> Event:
    return Event(
        time=entry.time,
        environment=entry.environment,
        mood=mood,
        what=what,
        release=entry.release.id if entry.release else None,
        by=entry.by,
        reason=entry.reason,
    )
