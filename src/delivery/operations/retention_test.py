"""A lifecycle policy against what ECR has."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from delivery.core.retention import parse_policy
from delivery.edges.aws import Aws
from delivery.operations import retention
from delivery_testing.kill_table import FIRST
from delivery_testing.refusals import ANYBODY
from delivery_testing.world import World, world

CLIENTS = Aws()


@pytest.fixture
def aws(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, ("dev", "prod"), aws=CLIENTS, dev=ANYBODY, prod=ANYBODY) as made:
        yield made


def test_a_lifecycle_policy_is_held_against_what_ecr_has(aws: World) -> None:
    aws.promote(aws.release(FIRST), "dev")
    ecr = aws.client("ecr")
    repositories = {"first", *(f"lambdas/{name}" for name in aws.lambdas)}
    for repository in repositories:
        ecr.create_repository(repositoryName=repository)
    for name, digest in aws.wanted(FIRST).items():
        manifest = aws.registry.manifests[f"lambdas/{name}", digest].decode()
        ecr.put_image(repositoryName=f"lambdas/{name}", imageManifest=manifest, imageDigest=digest)
    delivery = aws.delivery
    uses = retention.digests_in_use(delivery, entries=5)
    held = retention.ecr_images(delivery, "eu-west-2", uses)
    assert {each.digest for each in held} == set(aws.wanted(FIRST).values())
    selection = {"tagStatus": "any", "countType": "sinceImagePushed", "countUnit": "days"}
    rule = {"rulePriority": 1, "selection": {**selection, "countNumber": 30}}
    policy = parse_policy(
        json.dumps({"rules": [{**rule, "action": {"type": "expire"}}]}).encode(), "policy.json"
    )
    today = datetime.now(UTC)
    assert retention.losses(policy, held, uses, today) == ()
    lost = retention.losses(policy, held, uses, today + timedelta(days=31))
    assert {each.use.digest for each in lost} == set(aws.wanted(FIRST).values())
