"""What a change does to the locks: which version became which, its age, and what it reaches."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from locks.table import RECIPES
from plinth.lockfile.distribution import Lock
from plinth.lockfile.errors import LockError
from plinth.lockfile.parse import parse
from review.images import cell
from review.index import Facts

COOLDOWN_DAYS = 7
"""A version that is younger may yet be found to be malicious. As in .github/dependabot.yml."""


@dataclass(frozen=True)
class Update:
    """A project of a lock whose locked versions differ; empty where there were, or are, none."""

    name: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    locks: tuple[str, ...]


def updates(root: Path, base: str) -> tuple[Update, ...]:
    """What differs between the locks of commit `base` and those of the tree."""
    found: dict[tuple[str, tuple[str, ...], tuple[str, ...]], list[str]] = {}
    for recipe in RECIPES:
        before, after = _at(root, base, recipe.lock), _now(root, recipe.lock)
        old, new = _versions(before), _versions(after)
        for name in sorted({*old, *new}):
            if old.get(name) != new.get(name):
                key = (name, old.get(name, ()), new.get(name, ()))
                found.setdefault(key, []).append(recipe.lock)
    return tuple(Update(*key, tuple(locks)) for key, locks in sorted(found.items()))


def table(
    found: Iterable[Update],
    facts: Callable[[str, str], Facts],
    answer: Mapping[str, Any],
    now: datetime,
) -> Iterator[str]:
    """Markdown, a row for each update. `answer` is what `affected --format=json` printed."""
    rows = [_row(each, facts, answer, now) for each in found]
    if rows:
        yield "| package | from | to | age | reaches | changes |"
        yield "|---|---|---|---|---|---|"
        yield from rows


def _row(
    update: Update, facts: Callable[[str, str], Facts], answer: Mapping[str, Any], now: datetime
) -> str:
    known = facts(update.name, update.after[-1]) if update.after else Facts()
    link = f"[changelog]({known.changelog})" if known.changelog else ""
    cells = (
        f"`{cell(update.name)}`",
        cell(", ".join(update.before)) or "new",
        cell(", ".join(update.after)) or "removed",
        _age(known.uploaded, now) if update.after else "",
        _reach(update.name, answer),
        link,
    )
    return f"| {' | '.join(cells)} |"


def _age(uploaded: datetime | None, now: datetime) -> str:
    if uploaded is None:
        return "not known"
    days = (now.astimezone(timezone.utc) - uploaded).days
    young = "" if days >= COOLDOWN_DAYS else f" **younger than {COOLDOWN_DAYS} days**"
    return f"{days} {'day' if days == 1 else 'days'}{young}"


def _reach(name: str, answer: Mapping[str, Any]) -> str:
    """How many images and tests have a chain that begins with this project."""
    if answer["everything"]:
        return "everything"
    kinds = [
        each["kind"]
        for each in answer["targets"]
        if any(chain["change"]["what"].startswith(f"{name} ") for chain in each["chains"])
    ]
    images = kinds.count("image")
    tests = kinds.count("test") + kinds.count("container_test")
    return f"{images} of {answer['images']['all']} images, {tests} tests"


def _versions(lock: Lock | None) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for each in lock.distributions if lock else ():
        found[each.name] = (*found.get(each.name, ()), each.version)
    return found


def _now(root: Path, path: str) -> Lock | None:
    file = root / path
    return _parsed(file.read_text(), path) if file.is_file() else None


def _at(root: Path, commit: str, path: str) -> Lock | None:
    shown = subprocess.run(
        ("git", "show", f"{commit}:{path}"), cwd=root, capture_output=True, text=True, check=False
    )
    return _parsed(shown.stdout, path) if shown.returncode == 0 else None


def _parsed(text: str, path: str) -> Lock | None:
    try:
        return parse(text, path)
    except LockError:
        # `ci/lock --check` reports what is wrong with it.
        return None
