"""Two at once: a second operation before each AWS call of a first, for all pairs.

The first ones are shared out among `pairs_*_test.py`, which run side by side.
However they meet, the product must be as if one had come after the other, or as if one had not been
asked for, and then it was answered 409. What that is, an independent model says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from ingestion_testing import fixtures, interpose, snapshots
from ingestion_testing.snapshots import Snapshot
from pipeline import product_world as world
from pipeline.product_model import (
    Answer,
    Create,
    Delete,
    Describe,
    Drop,
    Land,
    Load,
    Model,
    Operation,
    Put,
    Register,
    Reshape,
)

DAILY = ("day date", "highest decimal(4,1)")
WIDE = (*DAILY, "lowest decimal(4,1)")
NARROW = ("day date",)
MADE_OF: dict[str, tuple[Operation, ...]] = {
    "nothing": (Put("landing"),),
    "a product": (Register(),),
    "tables and loads": (
        Register(),
        Create("daily", DAILY),
        Create("hourly", DAILY),
        Put("earlier"),
        Put("later"),
        Put("landing"),
        Load("earlier", "daily"),
    ),
}
BEGINNINGS: dict[str, tuple[Operation, ...]] = {
    "nothing": (Register(), Register("second"), Delete(), Land("landing", "daily", DAILY)),
    "a product": (
        Register(),
        Describe("other"),
        Create("daily", DAILY),
        Create("hourly", DAILY),
        Delete(),
    ),
}
MINOR = (Describe("other"), Create("weekly", DAILY), Reshape("daily", WIDE))
MAJOR = (Reshape("daily", NARROW), Drop("hourly"))
EVENTS = (Delete(), Land("landing", "daily", DAILY), Load("later", "daily"))
OPERATIONS = {**BEGINNINGS, "tables and loads": (*MINOR, *MAJOR, *EVENTS)}


def named(operations: Iterable[Operation]) -> list[Any]:
    """The operations as parameters of a test."""
    return [pytest.param(operation, id=operation.name) for operation in operations]


@dataclass(frozen=True)
class Begun:
    """What both operations begin from: the model, and the AWS that is like it."""

    model: Model
    snapshot: Snapshot


def prepared(start: str) -> Model:
    model = Model()
    for operation in MADE_OF[start]:
        if isinstance(operation, Put):
            world.put(operation.file)
        else:
            assert world.do(operation) == model.after(operation)[1]
        model = model.after(operation)[0]
    return model


def explanations(
    model: Model, first: Operation, second: Operation, answers: tuple[Answer, Answer]
) -> Iterator[Model]:
    """What the product may be, when two operations at once were answered like this."""
    both = ((first, answers[0]), (second, answers[1]))
    for order in (both, both[::-1]):
        yield from _one_after_another(model, order)
    if first == second and answers[0] == answers[1]:
        # The same, asked for twice, and made together.
        yield from _one_after_another(model, both[:1])


def _one_after_another(
    model: Model, order: tuple[tuple[Operation, Answer], ...]
) -> Iterator[Model]:
    if not order:
        yield model
        return
    (operation, answer), *rest = order
    then, expected = model.after(operation)
    if expected == answer:
        yield from _one_after_another(then, tuple(rest))
    if answer[0] in (409, "gone"):
        yield from _one_after_another(model, tuple(rest))


def hold(start: str, first: Operation) -> None:
    """Asserts of a first operation that it meets each of the others as it should."""
    with fixtures.world():
        model = prepared(start)
        begun = Begun(model, snapshots.take())
        failures = [
            failure
            for second in OPERATIONS[start]
            for failure in _at_each_call(begun, first, second)
        ]
    assert not failures, "\n".join(failures)


def _at_each_call(begun: Begun, first: Operation, second: Operation) -> Iterator[str]:
    for step in range(1000):
        answers: list[Any] = [None, None]

        def interfere(answers: list[Any] = answers) -> None:
            answers[1] = world.do(second)

        snapshots.restore(begun.snapshot)
        with interpose.before_call(step, interfere) as interposed:
            answers[0] = world.do(first)
        if interposed.call is None:
            return
        place = f"{second} before call {step} ({interposed.call}) of {first}: {answers}"
        try:
            seen = world.seen()
        except AssertionError as torn:
            yield f"{place}: {torn}"
            continue
        possible = list(explanations(begun.model, first, second, tuple(answers)))
        if seen not in possible:
            yield f"{place}: {_difference(seen, possible)}"
    raise AssertionError(f"{first} never comes to its end")


def _difference(seen: Model, possible: list[Model]) -> str:
    if not possible:
        return "no order of the two is answered like this"
    found, wanted = vars(seen), vars(possible[0])
    return "; ".join(
        f"{name} is {found[name]}, not {wanted[name]}"
        for name in found
        if name != "continued" and found[name] != wanted[name]
    )
