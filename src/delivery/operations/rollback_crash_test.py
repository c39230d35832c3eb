"""Kill a rollback before and after every AWS call, and what settles a kill as well."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from delivery.core.errors import DeliveryError
from delivery.operations.resume import resume
from delivery.operations.rollback import rollback
from delivery_testing.crash import counted
from delivery_testing.kill_table import FIRST, SECOND, rows, settled, smallest_world
from delivery_testing.world import World


def rolls_back(aws: World) -> None:
    delivery = aws.delivery
    rollback(delivery, delivery.config.environment("dev"))


def resumes(aws: World) -> None:
    delivery = aws.delivery
    resume(delivery, delivery.config.environment("dev"))


def test_a_kill_around_every_call_leaves_what_the_next_command_settles(tmp_path: Path) -> None:
    runs, made = [], set()
    with smallest_world(tmp_path) as aws:
        aws.promote(FIRST, "dev")
        aws.promote(SECOND, "dev")
        for row in rows(aws, rolls_back):
            made |= set(row.calls.made)
            runs.append(settled(aws, row.where))
            if runs[-1] != FIRST:
                rolls_back(aws)
                assert aws.serves("dev") == aws.wanted(FIRST), row.where
    assert runs[-1] == FIRST
    assert set(runs) == {FIRST, SECOND}
    assert {"UpdateAlias", "PutObject", "GetFunction"} <= made


def test_a_kill_while_the_ledger_was_wrong_leaves_what_the_next_command_settles(
    tmp_path: Path,
) -> None:
    """An alias that was moved by hand is moved all the same, or left as the hand had it."""
    runs = []
    with smallest_world(tmp_path) as aws:
        aws.promote(FIRST, "dev")
        aws.promote(SECOND, "dev")
        aws.move_by_hand("dev", "docs", "1")
        hand = {**aws.wanted(SECOND), "docs": aws.serves("dev")["docs"]}
        for row in rows(aws, rolls_back):
            # It says so where it had to go back, since that alias is elsewhere.
            with suppress(DeliveryError):
                resumes(aws)
            assert aws.stage("dev").open is None, row.where
            runs.append(aws.serves("dev"))
            if runs[-1] == hand:
                rolls_back(aws)
            assert aws.serves("dev") == aws.wanted(FIRST), row.where
    assert hand in runs
    assert runs[-1] == aws.wanted(FIRST)


def test_a_kill_while_a_lost_version_is_made_again_leaves_what_the_next_command_settles(
    tmp_path: Path,
) -> None:
    runs, made = [], set()
    with smallest_world(tmp_path) as aws:
        aws.promote(FIRST, "dev")
        aws.promote(SECOND, "dev")
        aws.client("lambda").delete_function(FunctionName="dev-docs", Qualifier="2")
        for row in rows(aws, rolls_back):
            made |= set(row.calls.made)
            runs.append(settled(aws, row.where))
            if runs[-1] != FIRST:
                rolls_back(aws)
                assert aws.serves("dev") == aws.wanted(FIRST), row.where
    assert set(runs) == {FIRST, SECOND}
    assert {"UpdateFunctionCode", "PublishVersion", "Invoke"} <= made


@pytest.mark.parametrize(
    ("at", "ends"),
    [
        ("UpdateFunctionCode", FIRST),  # begun, nothing moved: is abandoned
        ("UpdateAlias", SECOND),  # all versions had passed: is finished
    ],
)
def test_what_settles_a_kill_may_be_killed_around_every_call(
    tmp_path: Path, at: str, ends: str
) -> None:
    with smallest_world(tmp_path) as aws:
        aws.promote(FIRST, "dev")
        with counted(at=at) as calls:
            aws.promote(SECOND, "dev")
        assert calls.crashed
        for row in rows(aws, resumes):
            assert settled(aws, row.where) == ends, row.where
