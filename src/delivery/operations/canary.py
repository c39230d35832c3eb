"""Lets a share of the requests go to the new versions, step by step, and watches the alarms."""

from __future__ import annotations

import time
from collections.abc import Mapping

from delivery.core.config import CanaryStep
from delivery.core.entry import Move
from delivery.core.errors import AwsError
from delivery.core.observed import Alias
from delivery.edges.aws import explained
from delivery.edges.functions import Functions
from delivery.operations.side_by_side import side_by_side
from delivery.operations.steps import Operation

# CloudWatch evaluates most alarms once a minute; asked more often, none is seen late.
_POLL = 10.0
# DescribeAlarms takes so many names in one call.
_NAMES = 100


class Alarmed(AwsError):
    """An alarm went off, or cannot be read, while new versions had a share of the requests."""


def try_out(
    operation: Operation,
    functions: Functions,
    moves: tuple[Move, ...],
    seen: Mapping[str, Alias | None],
) -> dict[str, Alias | None]:
    """Where the aliases are after the last step. Raises `Alarmed`; the caller goes back.

    An alias that does not exist yet has nobody who calls it: it takes no part.
    """
    now = dict(seen)
    sharing = [each for each in moves if each.before is not None and now.get(each.name)]
    _watch(operation, sharing)
    for step in operation.environment.canary:
        operation.delivery.progress("", f"{step.percent} % of the requests for {step.wait}")
        now.update(_share(operation, functions, sharing, now, step))
        _wait(operation, sharing, step)
    return now


def _share(
    operation: Operation,
    functions: Functions,
    moves: list[Move],
    now: Mapping[str, Alias | None],
    step: CanaryStep,
) -> dict[str, Alias | None]:
    def give(move: Move) -> Alias:
        alias = now[move.name]
        assert alias is not None
        weights = {move.after.version: step.percent / 100}
        return functions.move(
            move.function, alias.version, alias.revision, operation.anchor, weights
        )

    results = side_by_side(moves, give)
    for move, error in results.failed:
        raise Alarmed(f"{move.name} cannot share its requests: {error}") from error
    return {move.name: alias for move, alias in results.done}


def pause(seconds: float) -> None:
    """Lets the requests come."""
    time.sleep(seconds)


def _wait(operation: Operation, moves: list[Move], step: CanaryStep) -> None:
    left = step.wait.total_seconds()
    while left > 0:
        pause(min(_POLL, left))
        left -= _POLL
        _watch(operation, moves)


def _watch(operation: Operation, moves: list[Move]) -> None:
    """Raises `Alarmed` for an alarm that is on, or that does not exist: then nobody watches."""
    environment = operation.environment
    pattern = environment.alarm or ""
    names = {pattern.replace("{name}", move.name): move.name for move in moves}
    client = operation.delivery.aws.client("cloudwatch", environment.region, environment.role)
    for first in range(0, len(names), _NAMES):
        asked = sorted(names)[first : first + _NAMES]
        try:
            with explained("the alarms cannot be read"):
                found = client.describe_alarms(
                    AlarmNames=asked, AlarmTypes=["MetricAlarm", "CompositeAlarm"]
                )
        except AwsError as error:
            raise Alarmed(str(error)) from error
        alarms = [*found.get("MetricAlarms", ()), *found.get("CompositeAlarms", ())]
        states = {each["AlarmName"]: each["StateValue"] for each in alarms}
        for name in asked:
            if name not in states:
                raise Alarmed(f"{names[name]}: there is no alarm {name}: nobody watches it")
            if states[name] == "ALARM":
                raise Alarmed(f"{names[name]}: the alarm {name} went off")
