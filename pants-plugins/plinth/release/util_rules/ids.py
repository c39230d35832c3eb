"""The ids of releases, from the history of the main branch alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from pants.engine.process import FallibleProcessResult, Process
from pants.engine.rules import Get, Rule, collect_rules, rule
from pants.engine.unions import UnionRule

from plinth.images.util_rules.commit import GitRequest
from plinth.release.errors import ReleaseError


@dataclass(frozen=True)
class ReleaseIdsRequest:
    """The ids of the commit that is checked out and of those before it."""


@dataclass(frozen=True)
class ReleaseIds:
    """`id` is this commit's; `ancestors` are those of the commits before it, newest first."""

    id: str
    ancestors: tuple[str, ...]


def ids(days: Iterable[str]) -> tuple[str, ...]:
    """The ids of commits, from their days, the oldest first: `2026-11-22.3` is a day's third."""
    count: Counter[str] = Counter()
    found = []
    for day in days:
        count[day] += 1
        found.append(f"{day}.{count[day]}")
    return tuple(found)


@rule
async def release_ids(request: ReleaseIdsRequest) -> ReleaseIds:
    # Along the first parents: what was merged counts as the merge.
    log = GitRequest(
        ("log", "--first-parent", "--reverse", "--format=%cd", "--date=format-local:%Y-%m-%d")
    )
    shallow = GitRequest(("rev-parse", "--is-shallow-repository"))
    days = await Get(FallibleProcessResult, Process, await Get(Process, GitRequest, log))
    cut = await Get(FallibleProcessResult, Process, await Get(Process, GitRequest, shallow))
    if days.exit_code:
        raise ReleaseError(f"git tells no history: {days.stderr.decode(errors='replace').strip()}")
    if cut.stdout.strip() == b"true":
        raise ReleaseError(
            "this clone is shallow, and a release's id counts the commits of its day. "
            "Run `git fetch --unshallow`."
        )
    *ancestors, own = ids(days.stdout.decode().split())
    return ReleaseIds(own, tuple(reversed(ancestors)))


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
