"""Two commands at work in one environment: one wins, the other finds out and moves nothing more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from delivery.core.errors import DeliveryError, Taken
from delivery.edges.aws import Aws
from delivery.edges.functions import Functions
from delivery.edges.ledger import Ledger
from delivery.operations.resume import resume
from delivery.operations.rollback import rollback
from delivery_testing.crash import counted, one_after_the_other
from delivery_testing.kill_table import FIRST, SECOND
from delivery_testing.refusals import refused
from delivery_testing.world import World, world

CLIENTS = Aws()


@pytest.fixture
def aws(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, ("dev",), aws=CLIENTS) as made:
        yield made


def test_two_operators_at_once_one_wins_the_other_is_told(
    aws: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = aws.release(FIRST), aws.release(SECOND)
    original = Ledger.append
    raced: list[bool] = []

    def races(self: Ledger, draft: Any, head: Any) -> Any:
        if not raced:
            raced.append(True)
            aws.promote(second, "dev")
        return original(self, draft, head)

    monkeypatch.setattr(Ledger, "append", races)
    with pytest.raises(Taken, match="has changed dev meanwhile"):
        aws.promote(first, "dev")
    assert aws.serves("dev") == aws.wanted(second)


def test_an_operation_that_may_be_alive_is_left_and_a_dead_one_is_settled(aws: World) -> None:
    first, second = aws.release(FIRST), aws.release(SECOND)
    _crash_at(aws, first, "Invoke")
    assert "delivery resume dev" in refused(aws, second)["operation"]
    aws.behaviour.ahead = timedelta(minutes=16)
    aws.promote(second, "dev")
    assert aws.serves("dev") == aws.wanted(second)


def _crash_at(aws: World, release: str, operation: str) -> None:
    with counted(at=operation):
        aws.promote(release, "dev")


def resumed(aws: World) -> None:
    delivery = aws.delivery
    resume(delivery, delivery.config.environment("dev"))


def rolled_back(aws: World) -> None:
    delivery = aws.delivery
    rollback(delivery, delivery.config.environment("dev"))


def undone(aws: World) -> None:
    delivery = aws.delivery
    rollback(delivery, delivery.config.environment("dev"), to=SECOND)


@pytest.mark.parametrize(
    ("method", "function", "takes_over", "ends"),
    [
        # Nothing had moved: it is abandoned.
        ("invoke", "dev-reload", resumed, SECOND),
        ("invoke", "dev-reload", rolled_back, FIRST),
        # Some aliases had moved: they all go on, or all go back.
        ("move", "dev-reload", resumed, "2026-11-23.3"),
        ("move", "dev-reload", rolled_back, FIRST),
        # The alias that had not moved yet is where it is to stay, and must not move any more.
        ("move", "dev-reload", undone, SECOND),
    ],
)
def test_a_command_that_was_taken_over_while_it_ran_moves_nothing_more(
    aws: World,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    function: str,
    takes_over: Callable[[World], None],
    ends: str,
) -> None:
    aws.promote(aws.release(FIRST), "dev")
    aws.promote(aws.release(SECOND), "dev")
    third = aws.release("2026-11-23.3")
    original = getattr(Functions, method)
    raced: list[str] = []

    def races(self: Functions, named: str, *arguments: Any, **more: Any) -> Any:
        if named == function and not raced:
            raced.append(named)
            takes_over(aws)
        return original(self, named, *arguments, **more)

    monkeypatch.setattr(Functions, method, races)
    with one_after_the_other(), pytest.raises(DeliveryError, match="has changed dev meanwhile"):
        aws.promote(third, "dev")
    assert raced
    stage = aws.stage("dev")
    assert stage.open is None
    assert stage.release is not None
    assert stage.release.id == ends
    assert aws.serves("dev") == aws.wanted(ends)
