"""How tests ended, as Pants tells."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_LINE = re.compile(r"^\S (\S+) (succeeded|failed) in [\d.]+s( \(.*\))?\.$", re.MULTILINE)


@dataclass(frozen=True)
class Outcome:
    """`anew` tells that the test was run, and not answered from what an earlier run left."""

    passed: bool
    anew: bool


def outcomes(log: str) -> dict[str, Outcome]:
    """The tests that the log of `./pants test` sums up, by address."""
    return {
        address: Outcome(passed=ended == "succeeded", anew=not source)
        for address, ended, source in _LINE.findall(log)
    }


def touched(before: Mapping[str, Outcome], after: Mapping[str, Outcome]) -> frozenset[str]:
    """The tests that a change certainly touched.

    Those that end otherwise, and those that had to be run: nothing that they read was ever the
    same before. What an earlier run of the same change left is not run again, so there may be more.
    """
    return frozenset(
        address
        for address, outcome in after.items()
        if outcome.anew or address not in before or outcome.passed != before[address].passed
    )
