"""The commit that is checked out, and whether it is what would be published."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.unions import UnionRule
from pants.util.logging import LogLevel

from plinth.git.objects import commit_time, object_id, utc
from plinth.git.util_rules.process import GitAnswer, GitRequest


@dataclass(frozen=True)
class CommitRequest:
    """The commit that is checked out, compared with the branch `main`, such as `origin/main`."""

    main: str


@dataclass(frozen=True)
class Commit:
    """`id` in full, `time` when it was made, in UTC as ISO 8601; and what is wrong with it.

    `dirty` are the files that are not as in the commit. `is_on_main` tells whether the commit is
    the main branch's, or was once.
    """

    id: str
    time: str
    dirty: tuple[str, ...]
    is_on_main: bool
    main: str

    @property
    def objection(self) -> str | None:
        """Why what is made of this must not leave the machine; None when it may."""
        if self.dirty:
            more = f" and {len(self.dirty) - 3} more" if len(self.dirty) > 3 else ""
            return (
                f"the tree is not that of a commit ({', '.join(self.dirty[:3])}{more}). "
                f"Commit, or stash, first."
            )
        if not self.is_on_main:
            return f"commit {self.id[:12]} is not on {self.main}. Merge it first, or fetch."
        return None


@rule(desc="Reading the commit", level=LogLevel.DEBUG)
async def read_commit(request: CommitRequest) -> Commit:
    head = await Get(GitAnswer, GitRequest(("rev-parse", "--verify", "HEAD^{commit}")))
    identity = object_id(head.checked("git does not tell which commit this is"))
    questions = (
        ("cat-file", "commit", identity),
        ("status", "--porcelain", "-z", "--untracked-files=all"),
        ("merge-base", "--is-ancestor", identity, request.main),
    )
    commit, status, on_main = await MultiGet(
        Get(GitAnswer, GitRequest(question)) for question in questions
    )
    changed = status.checked("git does not tell what differs from the commit").decode()
    return Commit(
        id=identity,
        time=utc(commit_time(commit.checked(f"git does not give commit {identity}"))),
        dirty=tuple(line[3:] for line in changed.split("\0") if line),
        is_on_main=on_main.exit_code == 0,
        main=request.main,
    )


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
