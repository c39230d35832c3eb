"""Lambda's control plane takes 15 requests a second: no second has more, the first neither."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from delivery.edges.aws import Rate


@dataclass
class Clock:
    """Goes on only while somebody sleeps. `sent` is when each call went out."""

    now: float = 0.0
    sent: list[float] = field(default_factory=list)

    def read(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def send(self, rate: Rate, calls: int) -> None:
        for _ in range(calls):
            rate.wait()
            self.sent.append(self.now)


def in_a_second(sent: list[float]) -> int:
    """The most calls that any second has, whenever it begins."""
    return max(sum(1 for each in sent if 0 <= each - first < 1.0 - 1e-9) for first in sent)


@pytest.mark.parametrize("per_second", [100.0, 15.0, 7.5, 4.0, 1.0])
def test_no_second_has_more_calls_than_the_rate_nor_the_first(per_second: float) -> None:
    clock = Clock()
    clock.send(Rate(per_second, clock.read, clock.sleep), 3 * int(per_second))
    assert in_a_second(clock.sent) == int(per_second)


def test_calls_below_one_a_second_are_as_far_apart() -> None:
    clock = Clock()
    clock.send(Rate(0.5, clock.read, clock.sleep), 4)
    assert clock.sent == pytest.approx([0.0, 2.05, 4.1, 6.15])


def test_calls_that_come_one_by_one_wait_for_nothing() -> None:
    clock = Clock()
    rate = Rate(15, clock.read, clock.sleep)
    for number in range(40):
        clock.now = number / 10
        clock.send(rate, 1)
    assert clock.sent == [number / 10 for number in range(40)]


def test_a_thousand_calls_take_as_long_as_lambda_wants() -> None:
    clock = Clock()
    clock.send(Rate(15, clock.read, clock.sleep), 1000)
    assert clock.now == pytest.approx((1000 - 1) // 15 * 1.05)


def test_a_pause_earns_one_seconds_worth_and_no_more() -> None:
    clock = Clock()
    rate = Rate(15, clock.read, clock.sleep)
    clock.send(rate, 15)
    clock.now = 3600.0
    clock.send(rate, 20)
    assert clock.sent.count(3600.0) == 15
