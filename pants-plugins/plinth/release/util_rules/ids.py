"""The ids of releases, from the history of the main branch alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.unions import UnionRule

from plinth.git.objects import is_id, utc
from plinth.git.util_rules.process import GitAnswer, GitRequest
from plinth.release.errors import ReleaseError


@dataclass(frozen=True)
class ReleaseIdsRequest:
    """The ids of the commit that is checked out and of those before it."""


@dataclass(frozen=True)
class ReleaseIds:
    """`id` is this commit's; `ancestors` are those of the commits before it, newest first."""

    id: str
    ancestors: tuple[str, ...]

    @property
    def previous(self) -> str | None:
        """The id of the commit before, whether or not a release was made of it."""
        return self.ancestors[0] if self.ancestors else None


def ids(days: Iterable[str]) -> tuple[str, ...]:
    """The ids of commits, from their days, the oldest first: `2026-11-22.3` is a day's third."""
    count: Counter[str] = Counter()
    found = []
    for day in days:
        count[day] += 1
        found.append(f"{day}.{count[day]}")
    return tuple(found)


def days(listed: str) -> tuple[str, ...]:
    """The days of commits in UTC, from what `git rev-list --timestamp` lists."""
    found = []
    for line in listed.splitlines():
        seconds, _, commit = line.partition(" ")
        if not (seconds.isdecimal() and is_id(commit)):
            raise ReleaseError(f"git listed {line[:100]!r} where a commit and its time are due")
        found.append(utc(int(seconds)).partition("T")[0])
    return tuple(found)


@rule
async def release_ids(request: ReleaseIdsRequest) -> ReleaseIds:
    """The release id of HEAD, and those of the merges before it."""
    # Along the first parents: what was merged counts as the merge.
    history, shallow = await MultiGet(
        Get(GitAnswer, GitRequest(("rev-list", "--first-parent", "--timestamp", "HEAD"))),
        Get(GitAnswer, GitRequest(("rev-parse", "--is-shallow-repository"))),
    )
    if shallow.output.strip() == b"true":
        raise ReleaseError(
            "this clone is shallow, and a release's id counts the commits of its day. "
            "Run `git fetch --unshallow`."
        )
    listed = history.checked("git tells no history").decode()
    *ancestors, own = ids(reversed(days(listed)))
    return ReleaseIds(own, tuple(reversed(ancestors)))


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
