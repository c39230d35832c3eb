"""Kill a promotion and a rollback before and after every AWS call: the next command settles it.

The table is over all the calls that there are, not over those that somebody thought of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from delivery.core import entry as e
from delivery.core.errors import DeliveryError
from delivery.edges.aws import Aws
from delivery.operations import side_by_side
from delivery.operations.resume import resume
from delivery.operations.rollback import rollback
from delivery_testing.crash import counted
from delivery_testing.world import World, world

# Clients are half of what a world costs.
CLIENTS = Aws()
FIRST, SECOND = "2026-11-23.1", "2026-11-23.2"


@pytest.fixture(autouse=True)
def _in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """One call after the other, so that a step is the same call each time."""
    monkeypatch.setattr(side_by_side, "CONNECTIONS", 1)


@pytest.fixture
def folders(tmp_path: Path) -> Iterator[Path]:
    """A new folder for each world."""

    def fresh() -> Iterator[Path]:
        for number in range(10_000):
            folder = tmp_path / str(number)
            folder.mkdir()
            yield folder

    return fresh()


def promotes(aws: World) -> None:
    aws.promote(SECOND, "dev")


def rolls_back(aws: World) -> None:
    delivery = aws.delivery
    rollback(delivery, delivery.config.environment("dev"))


def verifies_nothing_mixed(aws: World, what: str) -> str:
    """The next command settles the environment; which release it then runs, by Lambda itself."""
    delivery = aws.delivery
    resume(delivery, delivery.config.environment("dev"))
    stage = aws.stage("dev")
    assert stage.open is None, what
    assert stage.release is not None
    assert aws.serves("dev") == aws.wanted(stage.release.id), what
    assert aws.weights("dev") == {}, what
    return stage.release.id


def prepared(folder: Path, rolling_back: bool) -> Iterator[World]:
    with world(folder, ("dev",), ("authorizer", "docs"), aws=CLIENTS) as aws:
        aws.release(FIRST)
        aws.release(SECOND)
        aws.promote(FIRST, "dev")
        if rolling_back:
            aws.promote(SECOND, "dev")
        yield aws


@pytest.mark.parametrize(("command", "ends"), [(promotes, SECOND), (rolls_back, FIRST)])
def test_a_kill_around_every_call_leaves_what_the_next_command_settles(
    folders: Iterator[Path], command: Callable[[World], None], ends: str
) -> None:
    settled = []
    for step in range(1000):
        for aws in prepared(next(folders), command is rolls_back):
            with counted(step) as calls:
                command(aws)
            where = f"step {step}: {calls.made[-1]}"
            settled.append(verifies_nothing_mixed(aws, where))
            if calls.crashed:
                # And then the same command does what it was asked for.
                if settled[-1] != ends:
                    command(aws)
                assert aws.serves("dev") == aws.wanted(ends), where
        if not calls.crashed:
            break
    assert settled[-1] == ends
    # Some kills were early enough to change nothing, some late enough to be finished.
    assert set(settled) == {FIRST, SECOND}
    assert {"UpdateAlias", "PutObject", "GetAlias"} <= set(calls.made)


def test_a_refusal_of_any_call_is_an_error_that_leaves_nothing_mixed(
    folders: Iterator[Path],
) -> None:
    refusal = {"Error": {"Code": "AccessDeniedException", "Message": "no"}}
    for number in range(1000):
        for aws in prepared(next(folders), rolling_back=False):
            refused, said = False, ""
            with counted(2 * number, ClientError(refusal, "Any")) as calls:
                try:
                    promotes(aws)
                except DeliveryError as error:
                    refused, said = True, str(error)
            where = f"call {number}: {calls.made[-1]}"
            release = verifies_nothing_mixed(aws, where)
            assert "AccessDenied" in said if refused else release == SECOND, where
        if not refused and number >= len(calls.made):
            break
    assert number > 20


def test_the_ledger_has_one_last_word(folders: Iterator[Path]) -> None:
    """Two commands cannot both end an operation: the one that comes late is told."""
    for aws in prepared(next(folders), rolling_back=False):
        chain = aws.chain("dev")
        assert [each.entry.kind for each in chain] == [e.ADOPTED, e.BEGUN, e.MOVING, e.ENDED]
