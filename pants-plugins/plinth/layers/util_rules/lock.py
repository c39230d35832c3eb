"""Read a lock in the repository, once per content."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pants.engine.engine_aware import EngineAwareParameter
from pants.engine.fs import DigestContents, GlobMatchErrorBehavior, PathGlobs
from pants.engine.rules import Get, Rule, collect_rules, rule
from pants.engine.unions import UnionRule
from pants.util.logging import LogLevel

from plinth.lockfile.distribution import Lock
from plinth.lockfile.parse import parse


@dataclass(frozen=True)
class LockRequest(EngineAwareParameter):
    """The lock at `path` from the build root. `origin` says in an error who asks for it."""

    path: str
    origin: str

    def debug_hint(self) -> str:
        return self.path


@rule(desc="Reading a lock", level=LogLevel.DEBUG)
async def read_lock(request: LockRequest) -> Lock:
    """A lock file as data."""
    contents = await Get(
        DigestContents,
        PathGlobs(
            [request.path],
            glob_match_error_behavior=GlobMatchErrorBehavior.error,
            description_of_origin=request.origin,
        ),
    )
    return parse(contents[0].content.decode(), request.path)


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
