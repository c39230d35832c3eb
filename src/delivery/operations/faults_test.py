"""What breaks in an environment or in AWS, by itself or by hand: refused, or completed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.sts.models import AssumedRole

from delivery.core.errors import DeliveryError, Refused
from delivery.edges.aws import Aws
from delivery.edges.functions import Functions
from delivery.operations.plan import make_plan
from delivery.operations.promote import Order, promote
from delivery.operations.verify import verify
from delivery_testing.crash import counted
from delivery_testing.kill_table import FIRST, SECOND
from delivery_testing.moto_corrections import Unhandled
from delivery_testing.refusals import ANYBODY, refused
from delivery_testing.world import World, world

CLIENTS = Aws()


@pytest.fixture
def aws(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, ("dev", "prod"), aws=CLIENTS, dev=ANYBODY, prod=ANYBODY) as made:
        yield made


# Environments


def test_drift_is_refused_and_the_same_release_repairs_it(aws: World) -> None:
    aws.promote(aws.release(FIRST), "dev")
    aws.move_by_hand("dev", "docs", "1")
    assert "docs: the alias points to version 1" in refused(aws, aws.release(SECOND))["drift"]
    aws.promote(FIRST, "dev")
    assert aws.serves("dev") == aws.wanted(FIRST)
    aws.promote(SECOND, "dev")


def test_weights_set_by_hand_are_drift(aws: World) -> None:
    aws.promote(aws.release(FIRST), "dev")
    routing = {"AdditionalVersionWeights": {"1": 0.25}}
    aws.move_by_hand("dev", "docs", "2", RoutingConfig=routing)
    assert "25% to version 1" in refused(aws, aws.release(SECOND))["drift"]
    aws.promote(FIRST, "dev")
    assert aws.weights("dev") == {}


def test_an_alias_moved_between_plan_and_promotion_is_refused(aws: World) -> None:
    release = aws.release(FIRST)
    delivery = aws.delivery
    plan = make_plan(delivery, release, delivery.config.environment("dev"), {}).plan
    aws.move_by_hand("dev", "docs", "1", Description="touched")
    assert "docs" in refused(aws, release, plan=plan)["plan"]


def test_a_plan_is_carried_out_as_it_is(aws: World) -> None:
    release = aws.release(FIRST)
    delivery = aws.delivery
    plan = make_plan(delivery, release, delivery.config.environment("dev"), {}).plan
    done = aws.promote(release, "dev", plan=plan)
    assert done.plan.changes == plan.changes


def test_an_alias_moved_by_hand_during_a_promotion_sends_all_back(
    aws: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = aws.release(FIRST)
    before = aws.serves("dev")
    aws.client("lambda").publish_version(FunctionName="dev-docs")
    original = Functions.invoke

    def meddles(self: Functions, function: str, version: str, event: Any) -> Any:
        if function == "dev-reload":
            aws.move_by_hand("dev", "docs", "1", Description="by hand")
        return original(self, function, version, event)

    monkeypatch.setattr(Functions, "invoke", meddles)
    with pytest.raises(DeliveryError, match="is as it was"):
        aws.promote(release, "dev")
    assert aws.serves("dev") == before
    assert aws.stage("dev").open is None


def test_a_missing_function_is_refused(aws: World) -> None:
    aws.client("lambda").delete_function(FunctionName="dev-docs")
    release = aws.release(FIRST)
    with pytest.raises(Refused, match="dev-docs of docs does not exist"):
        aws.promote(release, "dev")
    assert len(aws.chain("dev")) == 1


def test_an_empty_environment_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    with world(tmp_path, ("dev",), adopted=False, aws=CLIENTS) as aws:
        release = aws.release(FIRST)
        for name in aws.lambdas:
            aws.client("lambda").delete_function(FunctionName=f"dev-{name}")
        delivery = aws.delivery
        with pytest.raises(Refused) as raised:
            promote(delivery, Order(release, delivery.config.environment("dev")))
        gates = [each.gate for each in raised.value.refusals]
        assert gates == ["ledger", *["function"] * 3]


def test_an_update_that_stays_in_progress_leaves_all_as_it_was(aws: World) -> None:
    aws.configure(dev='update_timeout = "1s"')
    release, before = aws.release(FIRST), aws.serves("dev")
    aws.behaviour.stuck.add("dev-docs")
    with pytest.raises(DeliveryError, match="still InProgress"):
        aws.promote(release, "dev")
    assert aws.serves("dev") == before
    aws.behaviour.stuck.clear()
    aws.promote(release, "dev")
    assert aws.serves("dev") == aws.wanted(release)


def test_a_soak_is_by_the_clock_of_aws(aws: World) -> None:
    aws.configure(dev='soak = "1h"')
    release = aws.release(FIRST)
    aws.promote(release, "dev")
    assert "1 h are asked for" in refused(aws, release, "prod")["soak"]
    aws.behaviour.ahead = timedelta(minutes=61)
    aws.promote(release, "prod")


def test_a_stage_that_fails_its_verification_is_revoked_for_the_next(aws: World) -> None:
    release = aws.release(FIRST)
    aws.promote(release, "dev")

    def fails(function: str, digest: str, event: object) -> object:
        raise Unhandled("no such table")

    aws.behaviour.answer = fails
    delivery = aws.delivery
    found = verify(delivery, delivery.config.environment("dev"))
    assert len(found.problems) == 3
    assert "did not verify" in refused(aws, release, "prod")["order"]
    aws.behaviour.answer = lambda function, digest, event: {"ok": True}
    assert verify(delivery, delivery.config.environment("dev")).problems == ()
    aws.promote(release, "prod")


# AWS


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("ExpiredTokenException", "log in again"),
        ("AccessDeniedException", "what each role must be allowed"),
        ("TooManyRequestsException", "requests_per_second"),
    ],
)
def test_what_aws_refuses_is_explained(aws: World, code: str, says: str) -> None:
    release, before = aws.release(FIRST), aws.serves("dev")
    error = ClientError({"Error": {"Code": code, "Message": "no"}}, "Any")
    with counted(step=6, error=error), pytest.raises(DeliveryError, match=says):
        aws.promote(release, "dev")
    assert aws.serves("dev") == before


def test_a_role_session_that_expires_during_a_promotion_is_renewed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    role = 'role = "arn:aws:iam::123456789012:role/delivery"'
    original = AssumedRole.__init__

    def ends_soon(self: Any, *arguments: Any, **named: Any) -> None:
        original(self, *arguments, **named)
        self.expiration -= timedelta(minutes=59, seconds=30)

    monkeypatch.setattr(AssumedRole, "__init__", ends_soon)
    with world(tmp_path, ("dev",), dev=role) as aws:
        release = aws.release(FIRST)
        with counted() as calls:
            aws.promote(release, "dev")
        assert aws.serves("dev") == aws.wanted(release)
    assert calls.made.count("AssumeRole") > 1
