"""The commit that is checked out, and whether it is what would be published."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.unions import UnionRule
from pants.util.logging import LogLevel

from plinth.git.objects import commit_time, object_id, utc
from plinth.git.tree import Difference
from plinth.git.util_rules.options import OptionsDifferences, OptionsRequest
from plinth.git.util_rules.process import GitAnswer, GitRequest
from plinth.git.util_rules.tree import (
    NAMED,
    Committed,
    CommittedRequest,
    TreeDifferences,
    TreeRequest,
)


@dataclass(frozen=True)
class CommitRequest:
    """The commit that is checked out, compared with the branch `main`, such as `origin/main`."""

    main: str


@dataclass(frozen=True)
class Commit:
    """`id` in full, `time` when it was made, in UTC as ISO 8601; and what is wrong with it.

    `differences` are the files that Pants read otherwise than the commit has them, `options` those
    that it does not give. `is_on_main` tells whether the commit is the main branch's, or was once.
    """

    id: str
    time: str
    differences: tuple[Difference, ...]
    options: tuple[str, ...]
    is_on_main: bool
    main: str

    @property
    def objection(self) -> str | None:
        """Why what is made of this must not leave the machine; None when it may."""
        if self.differences:
            return (
                f"the tree that Pants read is not that of commit {self.id[:12]} "
                f"({_named(self.differences)}). Commit, or stash, first."
            )
        if self.options:
            return (
                f"the options are not those of commit {self.id[:12]} ({_named(self.options)}). "
                "Leave them as the commit has them, or commit them in a configuration file."
            )
        if not self.is_on_main:
            return f"commit {self.id[:12]} is not on {self.main}. Merge it first, or fetch."
        return None


def _named(found: Sequence[object]) -> str:
    rest = len(found) - NAMED
    return "; ".join([*map(str, found[:NAMED]), *([f"and {rest} more"] if rest > 0 else [])])


@rule(desc="Reading the commit", level=LogLevel.DEBUG)
async def read_commit(request: CommitRequest) -> Commit:
    """HEAD, and everything by which the files and options of this run differ from it."""
    head = await Get(GitAnswer, GitRequest(("rev-parse", "--verify", "HEAD^{commit}")))
    identity = object_id(head.checked("git does not tell which commit this is"))
    questions = (
        ("cat-file", "commit", identity),
        ("merge-base", "--is-ancestor", identity, request.main),
    )
    commit, on_main = await MultiGet(Get(GitAnswer, GitRequest(question)) for question in questions)
    committed, tree = await MultiGet(
        Get(Committed, CommittedRequest(identity)), Get(TreeDifferences, TreeRequest(identity))
    )
    paths = frozenset(path for path, _ in committed.files)
    options = await Get(OptionsDifferences, OptionsRequest(paths))
    return Commit(
        id=identity,
        time=utc(commit_time(commit.checked(f"git does not give commit {identity}"))),
        differences=tree.found,
        options=options.found,
        is_on_main=on_main.exit_code == 0,
        main=request.main,
    )


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
