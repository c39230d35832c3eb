"""What was selected, compared with what really changed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

Names = tuple[str, ...]


@dataclass(frozen=True)
class Verdict:
    """What one selection missed and what it had too much, of what changed."""

    selected: Names
    missed: Names
    extra: Names

    @property
    def exact(self) -> bool:
        return not self.missed and not self.extra


def verdict(selected: frozenset[str], changed: frozenset[str]) -> Verdict:
    return Verdict(*(tuple(sorted(s)) for s in (selected, changed - selected, selected - changed)))


_NOTHING = Verdict((), (), ())


@dataclass(frozen=True)
class Trial:
    """One change: what was done, which images really changed, and who saw it.

    `missed_tests` are those that it touched and that `affected` did not name. `problem` says why
    there is no answer.
    """

    number: int
    edits: Names
    changed: Names = ()
    affected: Verdict = _NOTHING
    stock: Verdict = _NOTHING
    missed_tests: Names = ()
    seconds: float = 0
    problem: str = ""

    @property
    def failed(self) -> bool:
        return bool(self.problem or self.affected.missed or self.missed_tests)


@dataclass(frozen=True)
class Score:
    """Over all trials: selections that were right of those made, and of those due."""

    precision: float
    recall: float
    exact: int

    def __str__(self) -> str:
        return f"precision {self.precision:.3f}, recall {self.recall:.3f}, exact {self.exact}"


def score(verdicts: Iterable[Verdict]) -> Score:
    """Of selections one by one, so that a change of all images weighs what it costs."""
    found = list(verdicts)
    selected = sum(len(each.selected) for each in found)
    right = sum(len(each.selected) - len(each.extra) for each in found)
    due = right + sum(len(each.missed) for each in found)
    return Score(
        precision=right / selected if selected else 1.0,
        recall=right / due if due else 1.0,
        exact=sum(each.exact for each in found),
    )


def manifests(dist: Path) -> dict[str, str]:
    """The manifest digest of each image that Pants packaged, by address.

    It covers configuration and layers; an image has no time in it, so the same contents have the
    same digest.
    """
    found = {}
    for index in sorted(dist.glob("*/image/index.json")):
        folder = index.parts[-3].replace(".", "/")
        (manifest,) = json.loads(index.read_text())["manifests"]
        found[f"{folder}:image"] = str(manifest["digest"])
    return found


def changed_between(before: dict[str, str], after: dict[str, str]) -> frozenset[str]:
    """What is new or has another digest. What is gone cannot be selected."""
    return frozenset(name for name, digest in after.items() if before.get(name) != digest)


def as_json(seed: int, trials: Iterable[Trial]) -> str:
    return json.dumps({"seed": seed, "trials": [asdict(trial) for trial in trials]}, indent=2)
