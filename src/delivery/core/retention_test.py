"""Lifecycle policies held against what is in use, as ECR applies them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from delivery.core.entry import Entry, Running
from delivery.core.errors import ConfigError
from delivery.core.observed import Code, Function
from delivery.core.retention import RegistryImage, expired, in_use, parse_policy
from delivery.core.stage import Period, Stage

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def image(name: str, days: int, *tags: str) -> RegistryImage:
    return RegistryImage.model_validate(
        {
            "repositoryName": "docs",
            "imageDigest": name,
            "imageTags": tags,
            "imagePushedAt": NOW - timedelta(days=days),
        }
    )


def policy(*selections: dict[str, Any]) -> bytes:
    rules = [
        {"rulePriority": number, "selection": selection, "action": {"type": "expire"}}
        for number, selection in enumerate(selections, 1)
    ]
    return json.dumps({"rules": rules}).encode()


OLD = {"tagStatus": "any", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 30}
FEW = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 2}
KEEP_RELEASES = {**FEW, "tagStatus": "tagged", "tagPrefixList": ["fp-"], "countNumber": 9}
IMAGES = [image("new", 1, "fp-1"), image("middle", 20, "fp-2"), image("old", 40, "fp-3")]


@pytest.mark.parametrize(
    ("rules", "gone"),
    [
        ([OLD], {"old": 1}),
        ([FEW], {"old": 1}),
        ([{**FEW, "tagStatus": "untagged"}], {}),
        ([KEEP_RELEASES, OLD], {}),
        ([{**OLD, "tagStatus": "tagged", "tagPatternList": ["fp-*"]}], {"old": 1}),
        ([{**OLD, "tagStatus": "tagged", "tagPatternList": ["release-*"]}, OLD], {"old": 2}),
    ],
)
def test_what_a_policy_expires(rules: list[dict[str, Any]], gone: dict[str, int]) -> None:
    assert expired(parse_policy(policy(*rules), "p"), IMAGES, NOW) == gone


def test_what_it_will_expire_is_known_beforehand() -> None:
    later = NOW + timedelta(days=15)
    assert set(expired(parse_policy(policy(OLD), "p"), IMAGES, later)) == {"middle", "old"}


@pytest.mark.parametrize(
    "data", [b"{}", b"no", policy({**OLD, "countType": "sinceImagePulled"}), policy({})]
)
def test_a_policy_that_is_not_understood_is_refused_and_not_guessed(data: bytes) -> None:
    with pytest.raises(ConfigError, match="p: no ECR lifecycle policy"):
        parse_policy(data, "p")


def test_a_digest_is_in_use_by_ledger_alias_and_recent_entries() -> None:
    def running(digest: str) -> Running:
        return Running(version="1", digest=digest, image=f"r/docs@{digest}")

    entry = Entry(
        environment="dev",
        number=1,
        by="a",
        kind="adopted",
        verb="adopt",
        config="c",
        functions={"docs": running("former")},
    )
    now = Period(None, "t", "a", {"docs": running("ledger")})
    stage = Stage("dev", periods=(now,), entries=(entry,))
    seen = Function(
        name="docs",
        function="dev-docs",
        serves=Code(version="9", revision="", digest="drifted", image="r/docs@drifted"),
    )
    assert {each.digest for each in in_use([stage], {"dev": [seen]}, 5)} == {
        "former",
        "ledger",
        "drifted",
    }
    assert {each.digest for each in in_use([stage], {}, 0)} == {"ledger"}
