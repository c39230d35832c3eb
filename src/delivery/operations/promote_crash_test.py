"""Kill a promotion before and after every AWS call: the next command settles it.

The table is over all the calls that there are, not over those that somebody thought of.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from delivery.core import entry as e
from delivery.operations import canary
from delivery_testing.alarms import put_alarm
from delivery_testing.kill_table import FIRST, SECOND, rows, settled, smallest_world
from delivery_testing.world import World


def promotes(aws: World) -> None:
    aws.promote(SECOND, "dev")


def test_a_kill_around_every_call_leaves_what_the_next_command_settles(tmp_path: Path) -> None:
    runs, made = [], set()
    with smallest_world(tmp_path) as aws:
        aws.promote(FIRST, "dev")
        for row in rows(aws, promotes):
            made |= set(row.calls.made)
            runs.append(settled(aws, row.where))
            if runs[-1] != SECOND:
                # And then the same command does what it was asked for.
                promotes(aws)
                assert aws.serves("dev") == aws.wanted(SECOND), row.where
    assert runs[-1] == SECOND
    # Some kills were early enough to change nothing, some late enough to be finished.
    assert set(runs) == {FIRST, SECOND}
    assert {"UpdateFunctionCode", "PublishVersion", "Invoke", "UpdateAlias", "PutObject"} <= made


def test_a_kill_around_every_call_of_a_canary_is_undone_or_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(canary, "pause", lambda seconds: None)
    runs, made = [], set()
    with smallest_world(tmp_path) as aws:
        aws.configure(dev='alarm = "{name}-errors"\ncanary = [{percent = 10, wait = "1s"}]')
        for name in aws.lambdas:
            put_alarm(aws, name)
        aws.promote(FIRST, "dev")
        for row in rows(aws, lambda aws: aws.promote(SECOND, "dev", canary=True)):
            made |= set(row.calls.made)
            runs.append(settled(aws, row.where))
    assert set(runs) == {FIRST, SECOND}
    assert runs[-1] == SECOND
    assert {"DescribeAlarms", "UpdateAlias"} <= made


def test_the_ledger_has_one_last_word(tmp_path: Path) -> None:
    """Two commands cannot both end an operation: the one that comes late is told."""
    with smallest_world(tmp_path) as aws:
        aws.promote(FIRST, "dev")
        kinds = [each.entry.kind for each in aws.chain("dev")]
    assert kinds == [e.ADOPTED, e.BEGUN, e.MOVING, e.ENDED]
