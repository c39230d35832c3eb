"""Back to what was good: by alias, by digest where the version is gone, or refused beforehand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from delivery.core.errors import DeliveryError, LedgerError, Refused
from delivery.edges.aws import Aws
from delivery.edges.functions import Functions
from delivery.operations.rollback import rollback
from delivery.operations.verify import verify
from delivery_testing.crash import Calls, counted
from delivery_testing.kill_table import FIRST, SECOND
from delivery_testing.refusals import ANYBODY, refused
from delivery_testing.world import BUCKET, World, world

CLIENTS = Aws()


@pytest.fixture
def aws(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, ("dev", "prod"), aws=CLIENTS, dev=ANYBODY, prod=ANYBODY) as made:
        yield made


def test_a_rollback_goes_to_the_last_good_release_and_holds(aws: World) -> None:
    aws.promote(aws.release(FIRST), "dev")
    aws.promote(aws.release(SECOND), "dev")
    delivery = aws.delivery
    with counted() as calls:
        done = rollback(delivery, delivery.config.environment("dev"), reason="orders fail")
    assert aws.serves("dev") == aws.wanted(FIRST)
    assert done.entry.release is not None
    assert done.entry.release.id == FIRST
    assert not {"UpdateFunctionCode", "PublishVersion"} & set(calls.made)
    assert "orders fail" in refused(aws, SECOND)["hold"]
    assert "rolled back from" in refused(aws, SECOND, "prod")["order"]
    aws.promote(SECOND, "dev", overrides={"lift-hold": "fixed"})
    assert aws.stage("dev").hold is None


def test_a_rollback_makes_a_version_again_that_is_gone(aws: World) -> None:
    aws.promote(aws.release(FIRST), "dev")
    aws.promote(aws.release(SECOND), "dev")
    aws.client("lambda").delete_function(FunctionName="dev-docs", Qualifier="2")
    delivery = aws.delivery
    rollback(delivery, delivery.config.environment("dev"))
    assert aws.serves("dev") == aws.wanted(FIRST)


def test_a_rollback_to_what_the_registry_lost_is_refused_beforehand(aws: World) -> None:
    aws.promote(aws.release(FIRST), "dev")
    aws.promote(aws.release(SECOND), "dev")
    aws.registry.lose("lambdas/docs", aws.digests[FIRST, "docs"])
    delivery = aws.delivery
    with pytest.raises(Refused, match="not in the registry"):
        rollback(delivery, delivery.config.environment("dev"))
    assert aws.serves("dev") == aws.wanted(SECOND)


def rolled_back(aws: World) -> Calls:
    """The calls of a rollback that ends well."""
    delivery = aws.delivery
    with counted() as calls:
        rollback(delivery, delivery.config.environment("dev"))
    return calls


def test_the_ledger_has_where_aliases_are_so_nobody_is_asked(aws: World) -> None:
    aws.promote(aws.release(FIRST), "dev")
    aws.promote(aws.release(SECOND), "dev")
    calls = rolled_back(aws)
    assert calls.made.count("GetAlias") == 0
    assert calls.made.count("UpdateAlias") == len(aws.lambdas)
    assert aws.serves("dev") == aws.wanted(FIRST)


def test_a_function_that_stays_is_looked_at_once(aws: World) -> None:
    aws.promote(aws.release(FIRST), "dev")
    aws.promote(aws.release(SECOND, of={"docs": FIRST}), "dev")
    calls = rolled_back(aws)
    assert calls.made.count("GetAlias") == 1
    assert aws.serves("dev") == aws.wanted(FIRST)
    aws.promote(SECOND, "dev", overrides={"lift-hold": "test"})
    aws.move_by_hand("dev", "docs", "1")
    rolled_back(aws)
    assert aws.serves("dev") == aws.wanted(FIRST)


@pytest.mark.parametrize("gone", [False, True], ids=["moved", "removed"])
def test_an_alias_that_is_not_where_the_ledger_has_it_goes_back_all_the_same(
    aws: World, gone: bool
) -> None:
    aws.promote(aws.release(FIRST), "dev")
    aws.promote(aws.release(SECOND), "dev")
    if gone:
        aws.client("lambda").delete_alias(FunctionName="dev-docs", Name="live")
    else:
        aws.move_by_hand("dev", "docs", "1")
    calls = rolled_back(aws)
    assert calls.made.count("GetAlias") < len(aws.lambdas)
    assert aws.serves("dev") == aws.wanted(FIRST)
    delivery = aws.delivery
    assert verify(delivery, delivery.config.environment("dev")).problems == ()


def test_after_a_promotion_that_went_back_the_aliases_are_looked_at(aws: World) -> None:
    aws.promote(aws.release(FIRST), "dev")
    aws.promote(aws.release(SECOND), "dev")
    third, asked = aws.release("2026-11-23.3"), []
    original = Functions.move

    def fails_once(self: Functions, function: str, *arguments: Any, **named: Any) -> Any:
        asked.append(function)
        if len(asked) == len(aws.lambdas):
            raise DeliveryError("no")
        return original(self, function, *arguments, **named)

    with patch.object(Functions, "move", fails_once), pytest.raises(DeliveryError):
        aws.promote(third, "dev")
    assert aws.serves("dev") == aws.wanted(SECOND)
    calls = rolled_back(aws)
    assert calls.made.count("GetAlias") == len(aws.lambdas)
    assert calls.made.count("UpdateAlias") == len(aws.lambdas)
    assert aws.serves("dev") == aws.wanted(FIRST)


def test_a_ledger_without_its_end_is_found_and_nothing_moves(aws: World) -> None:
    for release in (FIRST, SECOND, "2026-11-23.3"):
        aws.promote(aws.release(release), "dev")
    newest = len(aws.chain("dev"))
    for number in range(newest - 2, newest + 1):
        aws.client("s3").delete_object(Bucket=BUCKET, Key=f"ledger/dev/{number:08}.json")
    serving = aws.serves("dev")
    delivery = aws.delivery
    with pytest.raises(LedgerError, match="newest entries were removed"):
        rollback(delivery, delivery.config.environment("dev"))
    assert aws.serves("dev") == serving
