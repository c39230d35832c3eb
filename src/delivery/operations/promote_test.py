"""Promotions end to end on moto: what they do, and what they refuse."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from delivery.core.errors import DeliveryError, Refused
from delivery.operations.plan import make_plan
from delivery_testing.crash import counted
from delivery_testing.moto_corrections import Unhandled
from delivery_testing.world import World, world

LAMBDA_CALLS = {
    *("GetAlias", "GetFunction", "GetFunctionConfiguration", "ListVersionsByFunction"),
    *("UpdateAlias", "UpdateFunctionCode", "PublishVersion", "Invoke"),
}


@pytest.fixture
def aws(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        yield made


def test_a_release_goes_through_all_environments_by_digest(aws: World) -> None:
    release = aws.release("2026-11-23.1")
    aws.promote_through(release)
    for environment in aws.environments:
        assert aws.serves(environment) == aws.wanted(release)
        assert aws.stage(environment).release is not None


def test_a_plan_is_carried_out_as_it_is(aws: World) -> None:
    release = aws.release("2026-11-23.1")
    delivery = aws.delivery
    plan = make_plan(delivery, release, delivery.config.environment("dev"), {}).plan
    done = aws.promote(release, "dev", plan=plan)
    assert done.plan.changes == plan.changes


def test_what_runs_already_is_not_touched(aws: World) -> None:
    aws.promote_through(aws.release("2026-11-23.1", changed="same"), "dev")
    promoted = aws.promote(aws.release("2026-11-23.2", changed="same"), "dev")
    assert promoted.plan.touched == ()
    release = aws.stage("dev").release
    assert release is not None
    assert release.id == "2026-11-23.2"


def test_a_function_that_runs_the_digest_already_costs_one_call(aws: World) -> None:
    aws.promote_through(aws.release("2026-11-23.1", changed="same"), "dev")
    release = aws.release("2026-11-23.2", changed="same")
    with counted() as calls:
        aws.promote(release, "dev")
    asked = [each for each in calls.made if each in LAMBDA_CALLS]
    assert asked == ["GetAlias"] * len(aws.lambdas)


def gates(refused: pytest.ExceptionInfo[Refused]) -> set[str]:
    return {each.gate for each in refused.value.refusals}


def test_a_skipped_stage_is_refused(aws: World) -> None:
    release = aws.release("2026-11-23.1")
    aws.promote(release, "dev")
    with pytest.raises(Refused) as refused:
        aws.promote(release, "preprod")
    assert gates(refused) == {"order"}


def test_one_failed_smoke_test_changes_nothing_that_serves(aws: World) -> None:
    release = aws.release("2026-11-23.1")
    before = aws.serves("dev")

    def fails(function: str, digest: str, event: object) -> object:
        if function == "dev-docs":
            raise Unhandled("no such table")
        return {"ok": True}

    aws.behaviour.answer = fails
    with pytest.raises(DeliveryError, match="no such table"):
        aws.promote(release, "dev")
    assert aws.serves("dev") == before
    stage = aws.stage("dev")
    assert stage.open is None
    assert stage.release is None
