"""Adoption writes what runs, and touches nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from delivery.edges.aws import Aws
from delivery.operations.adopt import adopt
from delivery_testing.crash import counted
from delivery_testing.refusals import ANYBODY
from delivery_testing.world import World, world

CLIENTS = Aws()


@pytest.fixture
def aws(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, ("dev", "prod"), aws=CLIENTS, dev=ANYBODY, prod=ANYBODY) as made:
        yield made


def test_adoption_writes_what_runs_and_touches_nothing(tmp_path: Path) -> None:
    with world(tmp_path, ("dev",), adopted=False, aws=CLIENTS) as aws:
        delivery = aws.delivery
        with counted() as calls:
            entry = adopt(delivery, delivery.config.environment("dev"))
        assert {name: each.digest for name, each in (entry.functions or {}).items()} == (
            aws.serves("dev")
        )
        writes = {each for each in calls.made if not each.startswith(("Get", "List", "Head"))}
        assert writes == {"PutObject", "Sign"}
