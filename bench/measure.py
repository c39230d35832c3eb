"""Times commands side by side: each several times, in turn, and the median of each.

In turn, so that a noisy machine disturbs all of them alike. A figure is never compared with one of
another run.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Figure:
    """One measured thing: `values` in `unit`, one for each run."""

    name: str
    unit: str
    values: tuple[float, ...]
    note: str = ""

    @property
    def median(self) -> float:
        return statistics.median(self.values)


@dataclass(frozen=True)
class Case:
    """A thing to time. `before` prepares each run and is not timed."""

    name: str
    run: Callable[[], object]
    before: Callable[[], object] = lambda: None
    note: str = ""


def side_by_side(cases: Sequence[Case], runs: int) -> list[Figure]:
    """Seconds of each case, `runs` times, the cases in turn."""
    seconds: dict[str, list[float]] = {case.name: [] for case in cases}
    for number in range(runs):
        for case in cases:
            case.before()
            say(f"{case.name} ({number + 1} of {runs})")
            start = time.perf_counter()
            case.run()
            seconds[case.name].append(time.perf_counter() - start)
            say(f"{case.name}: {shown(seconds[case.name][-1], 's')}")
    return [Figure(case.name, "s", tuple(seconds[case.name]), case.note) for case in cases]


def table(title: str, figures: Sequence[Figure]) -> str:
    """The figures as a Markdown table: median, range and number of runs."""
    rows = [f"### {title}", "", "| | median | range | runs | |", "|---|---|---|---|---|"]
    for figure in figures:
        low, high = min(figure.values), max(figure.values)
        rows.append(
            f"| {figure.name} | {shown(figure.median, figure.unit)} "
            f"| {shown(low, figure.unit)} – {shown(high, figure.unit)} "
            f"| {len(figure.values)} | {figure.note} |"
        )
    return "\n".join([*rows, ""])


def shown(value: float, unit: str) -> str:
    """A value as people read it: seconds to the hundredth, bytes in kB or MB."""
    if unit == "s":
        return f"{value:.2f} s"
    if unit == "ms":
        return f"{value:.1f} ms"
    if unit == "B":
        return f"{value / 1e6:.1f} MB" if value >= 1e6 else f"{value / 1e3:.1f} kB"
    return f"{value:g} {unit}".rstrip()


def as_json(results: Mapping[str, Sequence[Figure]]) -> str:
    """All figures, for machines: title → list of name, unit, values, note."""
    return json.dumps({t: [asdict(f) for f in figures] for t, figures in results.items()}, indent=2)


def say(text: str) -> None:
    """Progress, on standard error."""
    print(f"bench: {text}", file=sys.stderr, flush=True)
