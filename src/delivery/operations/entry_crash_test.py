"""Kill around every call what writes one entry and moves nothing: it is there whole, or not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from delivery.core.errors import Refused
from delivery.operations.adopt import adopt
from delivery.operations.hold import hold
from delivery.operations.sign import sign
from delivery.operations.verify import verify
from delivery_testing.kill_table import FIRST, SECOND, Row, rows, smallest_world
from delivery_testing.world import World


def adopts(aws: World) -> None:
    delivery = aws.delivery
    adopt(delivery, delivery.config.environment("dev"))


def holds(aws: World) -> None:
    delivery = aws.delivery
    hold(delivery, delivery.config.environment("dev"), "audit")


def verifies(aws: World) -> None:
    delivery = aws.delivery
    assert verify(delivery, delivery.config.environment("dev")).problems == ()


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[World]:
    """Functions, and no ledger."""
    with smallest_world(tmp_path, adopted=False) as aws:
        yield aws


@pytest.fixture
def running(tmp_path: Path) -> Iterator[World]:
    """An environment that runs a release."""
    with smallest_world(tmp_path) as aws:
        aws.promote(FIRST, "dev")
        yield aws


def untouched(aws: World, row: Row, serving: dict[str, str]) -> int:
    """How many entries there are after a kill that touched no function."""
    assert aws.serves("dev") == serving, row.where
    assert not {"UpdateAlias", "UpdateFunctionCode", "PublishVersion"} & set(row.calls.made)
    return len(aws.chain("dev"))


def test_an_adoption_that_was_killed_is_there_or_is_made_by_the_next(fresh: World) -> None:
    serving, lengths = fresh.serves("dev"), set()
    for row in rows(fresh, adopts):
        lengths.add(untouched(fresh, row, serving))
        adopts(fresh)
        runs = {name: each.digest for name, each in fresh.stage("dev").functions.items()}
        assert runs == serving, row.where
        fresh.promote(FIRST, "dev")
        assert fresh.serves("dev") == fresh.wanted(FIRST), row.where
    assert lengths == {0, 1}


def test_a_hold_that_was_killed_is_there_or_is_put_by_the_next(running: World) -> None:
    serving, lengths = running.serves("dev"), set()
    for row in rows(running, holds):
        lengths.add(untouched(running, row, serving))
        if running.stage("dev").hold is None:
            holds(running)
        with pytest.raises(Refused, match="audit"):
            running.promote(SECOND, "dev")
        assert running.serves("dev") == serving, row.where
    assert lengths == {4, 5}


def test_a_signature_that_was_killed_is_there_or_is_made_by_the_next(running: World) -> None:
    release = running.release("2026-11-23.3", signed=False)

    def signs(aws: World) -> bool:
        return sign(aws.delivery, release, aws.registry.host, "urn:test").again

    for row in rows(running, signs):
        if row.calls.crashed:
            with pytest.raises(Refused, match="is not signed"):
                running.promote(release, "dev")
    assert row.calls.made == ["GetPublicKey", "GetPublicKey", "Sign"]
    assert signs(running)
    running.promote(release, "dev")


def test_a_verification_that_was_killed_is_there_or_is_not(running: World) -> None:
    serving, lengths = running.serves("dev"), set()
    for row in rows(running, verifies):
        lengths.add(untouched(running, row, serving))
        verifies(running)
        assert running.stage("dev").open is None, row.where
    assert lengths == {4, 5}
