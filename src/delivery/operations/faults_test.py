"""What breaks in an environment or in AWS, by itself or by hand: refused, or completed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore import endpoint
from botocore.credentials import AssumeRoleCredentialFetcher
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
ROLE = 'role = "arn:aws:iam::123456789012:role/delivery"'


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


def test_one_smoke_test_of_sixteen_that_fails_leaves_all_as_it_was(tmp_path: Path) -> None:
    names = tuple(f"lambda-{number:02}" for number in range(16))
    with world(tmp_path, ("dev",), names, aws=CLIENTS) as aws:
        release, before = aws.release(FIRST), aws.serves("dev")

        def answer(function: str, digest: str, event: object) -> object:
            return {"ok": function != "dev-lambda-11"}

        aws.behaviour.answer = answer
        with pytest.raises(DeliveryError, match="1 of 16 new versions") as raised:
            aws.promote(release, "dev")
        assert "dev-lambda-11:2 failed its smoke test" in str(raised.value)
        assert aws.serves("dev") == before
        assert aws.stage("dev").open is None


def test_a_clock_of_aws_that_goes_back_leaves_the_ledger_in_order(aws: World) -> None:
    aws.promote(aws.release(FIRST), "dev")
    aws.behaviour.ahead = timedelta(hours=-2)
    aws.promote(aws.release(SECOND), "dev")
    times = [each.entry.time for each in aws.chain("dev")]
    assert times == sorted(times)
    assert aws.serves("dev") == aws.wanted(SECOND)


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
        ("RequestTimeTooSkewed", "this machine's clock"),
        ("TooManyRequestsException", "requests_per_second"),
    ],
)
def test_what_aws_refuses_is_explained(aws: World, code: str, says: str) -> None:
    release, before = aws.release(FIRST), aws.serves("dev")
    error = ClientError({"Error": {"Code": code, "Message": "no"}}, "Any")
    with counted(step=6, error=error), pytest.raises(DeliveryError, match=says):
        aws.promote(release, "dev")
    assert aws.serves("dev") == before


def test_what_is_throttled_is_sent_again(aws: World, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(endpoint, "time", SimpleNamespace(sleep=pauses.append))
    release = aws.release(FIRST)
    writes = ("UpdateFunctionCode", "PublishVersion", "UpdateAlias")
    aws.behaviour.throttled = dict.fromkeys(("GetAlias", "GetFunction", "Invoke", *writes), 3)
    aws.promote(release, "dev")
    assert aws.serves("dev") == aws.wanted(release)
    assert set(aws.behaviour.throttled.values()) == {0}
    assert len(pauses) == 18


def test_a_session_that_cannot_be_renewed_ends_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The role's session ends while versions are tried, and so has the person's own."""
    _sessions_end_soon(monkeypatch)
    ended = ClientError({"Error": {"Code": "ExpiredToken", "Message": "no"}}, "AssumeRole")
    with world(tmp_path, ("dev",), dev=ROLE) as aws:
        release, before = aws.release(FIRST), aws.serves("dev")
        original = Functions.invoke

        def expires(self: Functions, *arguments: Any) -> Any:
            monkeypatch.setattr(AssumeRoleCredentialFetcher, "_get_credentials", _raises(ended))
            return original(self, *arguments)

        monkeypatch.setattr(Functions, "invoke", expires)
        with pytest.raises(DeliveryError, match="log in again"):
            aws.promote(release, "dev")
        assert aws.serves("dev") == before
        assert aws.stage("dev").open is None


def test_a_role_session_that_expires_during_a_promotion_is_renewed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _sessions_end_soon(monkeypatch)
    with world(tmp_path, ("dev",), dev=ROLE) as aws:
        release = aws.release(FIRST)
        with counted() as calls:
            aws.promote(release, "dev")
        assert aws.serves("dev") == aws.wanted(release)
    assert calls.made.count("AssumeRole") > 1


def _sessions_end_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    original = AssumedRole.__init__

    def ends_soon(self: Any, *arguments: Any, **named: Any) -> None:
        original(self, *arguments, **named)
        self.expiration -= timedelta(minutes=59, seconds=30)

    monkeypatch.setattr(AssumedRole, "__init__", ends_soon)


def _raises(error: Exception) -> Callable[..., Any]:
    def raises(*_: Any) -> Any:
        raise error

    return raises
