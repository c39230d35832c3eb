"""What the board says of entries and plans, without a browser."""

from __future__ import annotations

from typing import Any

import pytest

from delivery.core import entry as e
from delivery.core.board import Board, Next, board_of, events_of
from delivery.core.entry import Entry, ReleaseRef
from delivery.core.status import EnvironmentStatus, FunctionStatus

ONE = ReleaseRef(id="2026-11-23.1", commit="c" * 40, record="r" * 64)


def entry(kind: e.Kind, verb: Any = "promote", time: str = "", **more: Any) -> Entry:
    return Entry(
        environment="dev",
        by="arn:aws:sts::1:assumed-role/ci/x",
        kind=kind,
        verb=verb,
        time=time,
        config="",
        release=ONE,
        **more,
    )


@pytest.mark.parametrize(
    ("entries", "what", "mood"),
    [
        ([entry(e.BEGUN), entry(e.MOVING), entry(e.ENDED, outcome=e.DONE)], "promoted", "good"),
        ([entry(e.BEGUN), entry(e.ENDED, outcome=e.ABANDONED)], "did not promote", "bad"),
        ([entry(e.BEGUN), entry(e.RETURNING)], "promote has no end", "open"),
        (
            [entry(e.BEGUN, "rollback"), entry(e.ENDED, "rollback", outcome=e.DONE)],
            "rolled back to",
            "bad",
        ),
        (
            [entry(e.BEGUN, "rollback"), entry(e.ENDED, "rollback", outcome=e.RETURNED)],
            "was not rolled back to",
            "bad",
        ),
        ([entry(e.ADOPTED, "adopt", functions={})], "adopted 0 functions", "plain"),
        ([entry(e.HELD, "hold", reason="audit")], "held", "bad"),
        ([entry(e.VERIFIED, "verify", outcome=e.GOOD)], "verified", "good"),
        ([entry(e.VERIFIED, "verify", outcome=e.BAD)], "did not verify", "bad"),
    ],
)
def test_an_operation_is_one_event(entries: list[Entry], what: str, mood: str) -> None:
    (event,) = events_of(entries)
    assert (event.what, event.mood) == (what, mood)


def test_why_a_gate_was_passed_over_is_in_its_event() -> None:
    begun = entry(e.BEGUN, overrides={"skip-soak": "hotfix"})
    (event,) = events_of([begun, entry(e.ENDED, outcome=e.DONE)])
    assert event.reason == "--skip-soak: hotfix"


def status(name: str, digest: str | None, drift: tuple[str, ...] = ()) -> EnvironmentStatus:
    function = FunctionStatus(
        name="docs", function=f"{name}-docs", version="1", digest=digest, expected=None, drift=drift
    )
    return EnvironmentStatus(
        name=name,
        release=None,
        commit=None,
        since=None,
        by=None,
        age=None,
        hold=None,
        open=None,
        failed=None,
        functions=(function,),
    )


def boarded(*statuses: EnvironmentStatus, **plans: Any) -> Board:
    return board_of("", statuses, [], plans)


def test_equal_digests_of_a_row_are_of_one_kind() -> None:
    (row,) = boarded(status("dev", "b"), status("test", "a"), status("prod", "b")).rows
    assert [each.kind for each in row.cells] == [0, 1, 0]
    assert not row.is_the_same


def test_a_row_that_is_the_same_everywhere_is_known() -> None:
    (row,) = boarded(status("dev", "a"), status("prod", "a")).rows
    assert row.is_the_same
    (row,) = boarded(status("dev", "a"), status("prod", "a", drift=("moved",))).rows
    assert not row.is_the_same
    (row,) = boarded(status("dev", None), status("prod", None)).rows
    assert not row.is_the_same


def test_a_plan_that_cannot_be_made_is_shown_as_that() -> None:
    failed = Next(release=ONE.id, problem="the registry does not answer")
    assert boarded(status("dev", "a"), dev=failed).columns[0].next == failed


def test_events_are_newest_first_and_of_one_second_the_later_environment() -> None:
    dev = [entry(e.HELD, "hold", time="2026-11-23T10:00:00Z", reason="1")]
    prod = [
        entry(e.HELD, "hold", time=time, reason=reason)
        for time, reason in (("2026-11-23T10:00:00Z", "2"), ("2026-11-24T10:00:00Z", "3"))
    ]
    board = board_of("", [status("dev", "a"), status("prod", "a")], [dev, prod], {})
    assert [each.reason for each in board.events] == ["3", "2", "1"]
