"""Python files that no target owns: neither an image nor a test has them, whoever wrote them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath

from pants.engine.fs import PathGlobs, Paths
from pants.engine.internals.graph import Owners, OwnersRequest
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.unions import UnionRule
from pants.source.source_root import OptionalSourceRootsResult, SourceRootsRequest

from plinth.affected.model import Answer


@dataclass(frozen=True)
class UnownedRequest:
    """Which of these files have no owner?"""

    paths: tuple[str, ...]


@dataclass(frozen=True)
class Unowned:
    """Python files below a source root without a target that owns them, sorted."""

    paths: tuple[str, ...]


@rule(desc="Looking for Python files without a target")
async def find_unowned(request: UnownedRequest) -> Unowned:
    """The edited Python files that no target owns."""
    python = tuple(path for path in request.paths if path.endswith(".py"))
    there, roots = await MultiGet(
        Get(Paths, PathGlobs(python)),
        Get(OptionalSourceRootsResult, SourceRootsRequest, SourceRootsRequest.for_files(python)),
    )
    paths = sorted(
        path
        for path in there.files
        if roots.path_to_optional_root[PurePath(path)].source_root is not None
    )
    owners = await MultiGet(Get(Owners, OwnersRequest((path,))) for path in paths)
    return Unowned(tuple(path for path, found in zip(paths, owners) if not found))


def without_effect(answer: Answer) -> tuple[str, ...]:
    """The files that differ and are no reason for anything: what has an owner in use is one."""
    reasons = {chain.change.path for target in answer.targets for chain in target.chains}
    return tuple(sorted({change.path for change in answer.changes if change.path} - reasons))


def warning(path: str) -> str:
    """What to do about a file that no target owns."""
    folder, _, _ = path.rpartition("/")
    return (
        f"warning: no target owns {path}, so no image and no test has it. Give {folder}/BUILD a "
        "target for it: `python_sources()`, or `lambda_function(…)` for a lambda."
    )


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
