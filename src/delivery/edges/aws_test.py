"""Lambda's control plane takes 15 requests a second: calls keep to that, after a first burst."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

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


@pytest.mark.parametrize("per_second", [15.0, 4.0, 0.5])
def test_calls_go_out_at_the_rate_after_one_seconds_worth(per_second: float) -> None:
    clock = Clock()
    burst = max(1, int(per_second))
    clock.send(Rate(per_second, clock.read, clock.sleep), burst + 30)
    assert clock.sent[:burst] == [0.0] * burst
    gaps = [after - before for before, after in pairwise(clock.sent[burst:])]
    assert gaps == pytest.approx([1 / per_second] * 29)


def test_a_thousand_calls_take_as_long_as_lambda_wants() -> None:
    clock = Clock()
    clock.send(Rate(15, clock.read, clock.sleep), 1000)
    assert clock.now == pytest.approx((1000 - 15) / 15)


def test_a_pause_earns_one_seconds_worth_and_no_more() -> None:
    clock = Clock()
    rate = Rate(15, clock.read, clock.sleep)
    clock.send(rate, 15)
    clock.now = 3600.0
    clock.send(rate, 20)
    assert clock.sent.count(3600.0) == 15
