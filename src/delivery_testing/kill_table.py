"""A table over every AWS call of a command: its world is made once, and set back for each row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from delivery.operations.resume import resume
from delivery_testing.crash import Calls, counted, one_after_the_other
from delivery_testing.rewind import Moment
from delivery_testing.world import World, world

FIRST, SECOND = "2026-11-23.1", "2026-11-23.2"
Command = Callable[[World], object]


@dataclass(frozen=True)
class Row:
    """What became of the command. `where` is the call at which it was stopped, for messages."""

    where: str
    calls: Calls


@contextmanager
def smallest_world(folder: Path, adopted: bool = True) -> Iterator[World]:
    """One environment with two functions, which is what can be mixed, and two signed releases."""
    with (
        one_after_the_other(),
        world(folder, ("dev",), ("authorizer", "docs"), adopted=adopted) as aws,
    ):
        aws.release(FIRST)
        aws.release(SECOND)
        yield aws


def rows(
    aws: World, command: Command, error: Exception | None = None, lasting: bool = False
) -> Iterator[Row]:
    """The command killed before and after each of its calls, and at last not at all.

    With `error` each call is refused instead, once or, if `lasting`, each time from then on; the
    command has to handle that.
    """
    before = Moment(aws.behaviour)
    for number in count():
        before.restore()
        with counted(2 * number if error else number, error, lasting=lasting) as calls:
            command(aws)
        yield Row(f"row {number}: {calls.made[-1]}", calls)
        if not calls.reached:
            return


def settled(aws: World, where: str) -> str:
    """The next command settles the environment; which release it then runs, by Lambda itself."""
    delivery = aws.delivery
    resume(delivery, delivery.config.environment("dev"))
    stage = aws.stage("dev")
    assert stage.open is None, where
    assert stage.release is not None
    assert aws.serves("dev") == aws.wanted(stage.release.id), where
    assert aws.weights("dev") == {}, where
    return stage.release.id
