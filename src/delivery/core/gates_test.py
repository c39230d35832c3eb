"""Each gate by plain values: open when all is well, closed for one reason each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from delivery.core.config import Config
from delivery.core.config import parse as parse_config
from delivery.core.entry import Entry, ReleaseRef, Running
from delivery.core.gates import Situation, refusals
from delivery.core.observed import Alias, Code, Function
from delivery.core.record import Image, Record
from delivery.core.stage import Open, Period, Stage

OLD, NEW = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
RELEASE = ReleaseRef(id="2026-11-23.1", commit="c" * 40, record="new")
BEFORE = ReleaseRef(id="2026-11-22.1", commit="d" * 40, record="old")
LEAD = "arn:aws:sts::123456789012:assumed-role/lead/anna"


def config() -> Config:
    return parse_config(
        b"""
registry = "r"
[signing]
key = "k"
region = "r"
public_keys = [{file = "k.pem"}]
[ledger]
bucket = "b"
region = "r"
[[environments]]
name = "test"
region = "r"
function = "test-{name}"
soak = "1h"
[[environments]]
name = "prod"
region = "r"
function = "prod-{name}"
overrides = {lift-hold = ["*/lead/*"], skip-soak = ["*/lead/*"]}
[smoke.docs]
event = 1
""",
        "delivery.toml",
    )


def record() -> Record:
    image = Image(repository="lambdas/docs", address="lambdas/docs:image", name="docs", digest=NEW)
    made = Record(format=2, id=RELEASE.id, commit=RELEASE.commit, time="t", images=(image,))
    made._sha256 = RELEASE.record
    return made


def seen(version: str = "1", **more: Any) -> Function:
    return Function(
        name="docs",
        function="prod-docs",
        alias=Alias(version=version, revision="r", **more),
        serves=Code(version=version, revision="", digest=OLD),
    )


def period(release: ReleaseRef, since: str, **more: Any) -> Period:
    return Period(release, since, "anna", {"docs": Running(version="1", digest=OLD)}, **more)


def good() -> Situation:
    made = config()
    return Situation(
        config=made,
        environment=made.environment("prod"),
        record=record(),
        stage=Stage("prod", periods=(period(BEFORE, "2026-11-22T10:00:00Z"),), seen="then"),
        before=Stage("test", periods=(period(RELEASE, "2026-11-23T10:00:00Z"),)),
        functions={"docs": seen()},
        now=NOW,
        by=LEAD,
    )


def test_nothing_is_refused_when_all_is_well() -> None:
    assert refusals(good()) == ()


def _held(s: Situation) -> Situation:
    from delivery.core.stage import Hold

    return replace(s, stage=replace(s.stage, hold=Hold("bob", "then", "audit")))


def _opened(s: Situation) -> Situation:
    entry = Entry(environment="prod", by="bob", kind="begun", verb="promote", config="c")
    return replace(s, stage=replace(s.stage, open=Open(entry, entry)))


def _before(s: Situation, *periods: Period) -> Situation:
    return replace(s, before=Stage("test", periods=periods))


def _without_smoke(s: Situation) -> Situation:
    return replace(s, config=s.config.model_copy(update={"smoke": {}}))


SINCE = "2026-11-23T10:00:00Z"
CLOSED: list[tuple[str, Callable[[Situation], Situation], str]] = [
    ("signature", lambda s: replace(s, signature="it is not signed"), "sign"),
    ("main", lambda s: replace(s, on_main="it is not on main"), "not on main"),
    ("registry", lambda s: replace(s, images={"docs": "it is lost"}), "lost"),
    ("smoke", _without_smoke, "docs has no smoke event"),
    ("ledger", lambda s: replace(s, stage=Stage("prod")), "delivery adopt prod"),
    (
        "function",
        lambda s: replace(
            s, functions={"docs": Function(name="docs", function="prod-docs", exists=False)}
        ),
        "prod-docs of docs does not exist",
    ),
    ("operation", _opened, "bob began"),
    ("order", lambda s: _before(s), "never ran 2026-11-23.1"),
    ("order", lambda s: _before(s, period(RELEASE, SINCE, failed="docs fails")), "did not verify"),
    ("order", lambda s: _before(s, period(RELEASE, SINCE, rolled_back=True)), "rolled back"),
    ("soak", lambda s: replace(s, now=NOW - timedelta(minutes=90)), "Wait another 30 min"),
    ("soak", lambda s: _before(s, period(RELEASE, SINCE, until="2026-11-23T10:10:00Z")), "10 min"),
    ("hold", _held, "bob since then: audit"),
    ("drift", lambda s: replace(s, functions={"docs": seen("7")}), "the ledger has version 1"),
    ("drift", lambda s: replace(s, functions={"docs": seen(weights={"2": 0.1})}), "10% to"),
    (
        "override",
        lambda s: replace(s, by="arn:aws:iam::1:user/bob", overrides={"skip-soak": "hurry"}),
        "may not use --skip-soak",
    ),
]


@pytest.mark.parametrize(("gate", "change", "says"), CLOSED)
def test_one_reason_closes_one_gate(
    gate: str, change: Callable[[Situation], Situation], says: str
) -> None:
    found = refusals(change(good()))
    assert [each.gate for each in found] == [gate]
    assert says in str(found[0])


def test_an_override_opens_its_gate_for_those_who_may() -> None:
    held = replace(_held(good()), overrides={"lift-hold": "audit is over"})
    assert refusals(held) == ()
    early = replace(good(), now=NOW - timedelta(minutes=90), overrides={"skip-soak": "urgent"})
    assert refusals(early) == ()


def test_the_release_that_runs_may_repair_drift() -> None:
    drifted = replace(good(), functions={"docs": seen("7")})
    own = replace(drifted.stage, periods=(period(RELEASE, SINCE),))
    assert refusals(replace(drifted, stage=own)) == ()


def test_all_closed_gates_are_reported_at_once() -> None:
    many = replace(_held(good()), signature="none", on_main="none")
    assert [each.gate for each in refusals(many)] == ["signature", "main", "hold"]
