"""The commit that is checked out, and whether it is what would be published."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pants.base.build_root import BuildRoot
from pants.core.util_rules.system_binaries import GitBinary
from pants.engine.env_vars import EnvironmentVars, EnvironmentVarsRequest
from pants.engine.process import FallibleProcessResult, Process, ProcessCacheScope
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.unions import UnionRule
from pants.util.logging import LogLevel

from plinth.images.errors import ImageError


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


@dataclass(frozen=True)
class GitRequest:
    """A run of git in this repository that changes nothing."""

    arguments: tuple[str, ...]


@rule
async def git_process(request: GitRequest, git: GitBinary, root: BuildRoot) -> Process:
    environment = await Get(EnvironmentVars, EnvironmentVarsRequest(["HOME", "XDG_CONFIG_HOME"]))
    return Process(
        (git.path, "--no-optional-locks", "-C", root.path, *request.arguments),
        env={**environment, "TZ": "UTC"},
        # It reads what Pants does not see.
        cache_scope=ProcessCacheScope.PER_SESSION,
        description=f"git {request.arguments[0]}",
        level=LogLevel.DEBUG,
    )


@rule(desc="Reading the commit", level=LogLevel.DEBUG)
async def read_commit(request: CommitRequest) -> Commit:
    questions = (
        ("show", "--no-patch", "--format=%H %cd", "--date=format-local:%Y-%m-%dT%H:%M:%SZ"),
        ("status", "--porcelain", "--untracked-files=all"),
        ("merge-base", "--is-ancestor", "HEAD", request.main),
    )
    processes = await MultiGet(Get(Process, GitRequest(question)) for question in questions)
    head, status, on_main = await MultiGet(
        Get(FallibleProcessResult, Process, process) for process in processes
    )
    if head.exit_code or status.exit_code:
        said = (head.stderr or status.stderr).decode(errors="replace").strip()
        raise ImageError(f"git does not tell which commit this is: {said}")
    identity, _, time = head.stdout.decode().strip().partition(" ")
    return Commit(
        id=identity,
        time=time,
        dirty=tuple(line[3:] for line in status.stdout.decode().splitlines()),
        is_on_main=on_main.exit_code == 0,
        main=request.main,
    )


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
