"""Runs of git in this repository, by its plumbing, whatever the user has configured."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pants.base.build_root import BuildRoot
from pants.core.util_rules import system_binaries
from pants.core.util_rules.system_binaries import SEARCH_PATHS, BinaryPathRequest, BinaryPaths
from pants.engine.env_vars import EnvironmentVars, EnvironmentVarsRequest
from pants.engine.fs import CreateDigest, Digest, FileContent
from pants.engine.process import FallibleProcessResult, Process, ProcessCacheScope
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.unions import UnionRule
from pants.util.logging import LogLevel

from plinth.git.errors import GitError

# A user's hooks and replaced objects are no part of a commit.
_NEUTRAL = (
    *("--no-optional-locks", "--no-replace-objects"),
    *("-c", "core.fsmonitor=false"),
)


@dataclass(frozen=True)
class GitRequest:
    """A run of git that changes nothing, in `folder` of the repository.

    `lines` are what it reads from its standard input.
    """

    arguments: tuple[str, ...]
    folder: str = ""
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class GitAnswer:
    """What git printed, its exit code, and what it wrote about an error."""

    output: bytes
    exit_code: int
    error: str

    def checked(self, what: str) -> bytes:
        """The output. Raises `GitError`, which begins with `what`, if git failed."""
        if self.exit_code:
            raise GitError(f"{what}: {self.error}")
        return self.output


def _text(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode(errors="surrogateescape")


@rule(desc="Asking git", level=LogLevel.DEBUG)
async def ask_git(request: GitRequest, root: BuildRoot) -> GitAnswer:
    """What git prints, whatever the user's configuration. Exit code 127 where there is no git."""
    # Its own configuration says which repositories git may read at all (`safe.directory`).
    environment, found, lines = await MultiGet(
        Get(EnvironmentVars, EnvironmentVarsRequest(["HOME", "XDG_CONFIG_HOME"])),
        Get(BinaryPaths, BinaryPathRequest(binary_name="git", search_path=SEARCH_PATHS)),
        Get(Digest, CreateDigest([FileContent("lines", _text(request.lines))])),
    )
    git = found.first_path
    if git is None:
        return GitAnswer(b"", 127, f"there is no git in {', '.join(SEARCH_PATHS)}")
    command = (git.path, "-C", f"{root.path}/{request.folder}", *_NEUTRAL, *request.arguments)
    result = await Get(
        FallibleProcessResult,
        Process(
            ("/bin/sh", "-c", 'exec "$@" <lines', "sh", *command),
            input_digest=lines,
            env=environment,
            # It reads what Pants does not see.
            cache_scope=ProcessCacheScope.PER_SESSION,
            description=f"git {request.arguments[0]}",
            level=LogLevel.DEBUG,
        ),
    )
    error = result.stderr.decode(errors="replace").strip()
    return GitAnswer(result.stdout, result.exit_code, error)


def rules() -> Iterable[Rule | UnionRule]:
    return [*collect_rules(), *system_binaries.rules()]
