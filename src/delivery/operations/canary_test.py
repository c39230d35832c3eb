"""A canary moves weights step by step; an alarm sends all back, and so does the lack of one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from delivery.core.errors import DeliveryError, Refused
from delivery.operations import canary
from delivery.operations.resume import resume
from delivery_testing.alarms import put_alarm
from delivery_testing.crash import Crash
from delivery_testing.world import World, world

RELEASE = "2026-11-23.1"
STEPS = """alarm = "{name}-errors"
canary = [{percent = 10, wait = "1s"}, {percent = 50, wait = "1s"}]"""


@pytest.fixture
def aws(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, ("dev",), dev=STEPS) as made:
        for name in made.lambdas:
            alarm(made, name, "OK")
        yield made


def alarm(aws: World, name: str, state: str) -> None:
    aws.client("cloudwatch").set_alarm_state(
        AlarmName=put_alarm(aws, name), StateValue=state, StateReason="the test"
    )


def at_each_wait(monkeypatch: pytest.MonkeyPatch, act: Any) -> None:
    """Instead of waiting, `act` is called."""
    monkeypatch.setattr(canary, "pause", act)


def test_weights_go_up_and_then_all_is_moved(aws: World, monkeypatch: pytest.MonkeyPatch) -> None:
    release, seen = aws.release(RELEASE), []
    at_each_wait(monkeypatch, lambda seconds: seen.append(aws.weights("dev")["docs"]))
    aws.promote(release, "dev", canary=True)
    assert seen == [{"2": 0.1}, {"2": 0.5}]
    assert aws.serves("dev") == aws.wanted(release)
    assert aws.weights("dev") == {}


def test_an_alarm_sends_all_back(aws: World, monkeypatch: pytest.MonkeyPatch) -> None:
    release, before = aws.release(RELEASE), aws.serves("dev")
    at_each_wait(monkeypatch, lambda seconds: alarm(aws, "docs", "ALARM"))
    with pytest.raises(DeliveryError, match="docs-errors went off"):
        aws.promote(release, "dev", canary=True)
    assert aws.serves("dev") == before
    assert aws.weights("dev") == {}
    assert aws.stage("dev").open is None


def test_without_an_alarm_nothing_is_shared(aws: World) -> None:
    aws.client("cloudwatch").delete_alarms(AlarmNames=["docs-errors"])
    release, before = aws.release(RELEASE), aws.serves("dev")
    with pytest.raises(DeliveryError, match="nobody watches it"):
        aws.promote(release, "dev", canary=True)
    assert aws.serves("dev") == before


def test_a_canary_that_was_killed_is_undone(aws: World, monkeypatch: pytest.MonkeyPatch) -> None:
    release, before = aws.release(RELEASE), aws.serves("dev")

    def dies(seconds: float) -> None:
        raise Crash

    at_each_wait(monkeypatch, dies)
    with pytest.raises(Crash):
        aws.promote(release, "dev", canary=True)
    assert aws.weights("dev") != {}
    delivery = aws.delivery
    resume(delivery, delivery.config.environment("dev"))
    assert aws.serves("dev") == before
    assert aws.weights("dev") == {}


def test_an_environment_without_steps_refuses_a_canary(tmp_path: Path) -> None:
    with world(tmp_path, ("dev",)) as aws, pytest.raises(Refused, match="no canary steps"):
        aws.promote(aws.release(RELEASE), "dev", canary=True)
