"""What was selected, compared with what really changed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

Names = tuple[str, ...]


@dataclass(frozen=True)
class Verdict:
    """What one selection missed and what it had too much, of what changed."""

    selected: Names = ()
    missed: Names = ()
    extra: Names = ()

    @property
    def exact(self) -> bool:
        return not self.missed and not self.extra


def verdict(selected: frozenset[str], changed: frozenset[str]) -> Verdict:
    return Verdict(*(tuple(sorted(s)) for s in (selected, changed - selected, selected - changed)))


@dataclass(frozen=True)
class Trial:
    """One change: what was done, and who saw which images and tests really changed.

    `images` and `tests` judge `affected`, `stock` judges `--changed-since` over images where it was
    asked. `why` has the reasons that `affected` gave for what it named too much. `touched` are
    tests that ended otherwise or ran anew, and that it did not name. `update` says how the document
    that the daemon brought up to date differs from a fresh one. `problem` says why there is no
    answer.
    """

    number: int
    edits: Names
    images: Verdict = Verdict()
    tests: Verdict = Verdict()
    stock: Verdict | None = None
    why: Mapping[str, str] = field(default_factory=dict)
    touched: Names = ()
    update: str = ""
    seconds: float = 0
    problem: str = ""

    @property
    def failed(self) -> bool:
        missed = (*self.images.missed, *self.tests.missed, *self.touched)
        return bool(self.problem or missed or self.update)


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


UNKNOWN = "unknown"
"""So the digest begins of a process that cannot be set up. It is never what it was."""


def changed_between(before: Mapping[str, str], after: Mapping[str, str]) -> frozenset[str]:
    """What is new or has another digest. What is gone cannot be selected."""
    return frozenset(
        name
        for name, digest in after.items()
        if before.get(name) != digest or digest.startswith(UNKNOWN)
    )


def reasons(answer: Any, extra: Iterable[str]) -> dict[str, str]:
    """By address, the first reason that an answer of `affected`, as JSON, gives."""
    wanted = frozenset(extra)
    return {
        target["address"]: " › ".join(
            (target["chains"][0]["change"]["what"], *target["chains"][0]["steps"])
        )
        if target["chains"]
        else "everything"
        for target in answer["targets"]
        if target["address"] in wanted
    }


def as_json(made_of: Mapping[str, object], trials: Iterable[Trial]) -> str:
    return json.dumps({**made_of, "trials": [asdict(trial) for trial in trials]}, indent=2)


def from_json(text: str) -> tuple[dict[str, object], list[Trial]]:
    """The inverse of `as_json`."""
    data = json.loads(text)
    return data, [_trial(each) for each in data.pop("trials")]


def _trial(data: Any) -> Trial:
    for name in ("images", "tests", "stock"):
        if parts := data[name]:
            data[name] = Verdict(*(tuple(parts[part]) for part in ("selected", "missed", "extra")))
    for name in ("edits", "touched"):
        data[name] = tuple(data[name])
    return Trial(**data)
