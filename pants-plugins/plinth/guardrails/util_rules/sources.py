"""The Python files of a repository: which target has them, and whether they compile."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath

from pants.engine.fs import (
    CreateDigest,
    Digest,
    DigestContents,
    DigestEntries,
    FileDigest,
    FileEntry,
    PathGlobs,
)
from pants.engine.process import Process, ProcessResult
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.target import (
    AllUnexpandedTargets,
    SourcesField,
    SourcesPaths,
    SourcesPathsRequest,
)
from pants.engine.unions import UnionRule
from pants.source.source_root import OptionalSourceRootsResult, SourceRootsRequest
from pants.util.logging import LogLevel

from plinth.archive.util_rules.builder import BuilderProcess
from plinth.guardrails import compile_sources
from plinth.guardrails.repository import Source


@dataclass(frozen=True)
class SourcesRequest:
    """All Python files."""


@dataclass(frozen=True)
class Sources:
    """The Python files, sorted by path."""

    found: tuple[Source, ...]


@dataclass(frozen=True)
class ReadByPantsRequest:
    """Can the Python of Pants itself read the file? By its content, so that an edit asks once."""

    content: FileDigest


@dataclass(frozen=True)
class ReadByPants:
    """Whether it can; a newer Python may read more."""

    compiles: bool


@rule
async def read_by_pants(request: ReadByPantsRequest) -> ReadByPants:
    """Compiles one file in this process."""
    digest = await Get(Digest, CreateDigest([FileEntry("file.py", request.content)]))
    (file,) = await Get(DigestContents, Digest, digest)
    with warnings.catch_warnings():
        # Of invalid escapes in strings, which other linters name.
        warnings.simplefilter("ignore")
        return ReadByPants(not compile_sources.problem(file.content, "file.py"))


async def _problems(files: dict[str, FileEntry]) -> dict[str, str]:
    read = await MultiGet(
        Get(ReadByPants, ReadByPantsRequest(entry.file_digest)) for entry in files.values()
    )
    unread = [entry for entry, found in zip(files.values(), read) if not found.compiles]
    if not unread:
        return {}
    process = await Get(
        Process,
        BuilderProcess(
            module=compile_sources.__name__,
            argv=tuple(entry.path for entry in unread),
            input_digest=await Get(Digest, CreateDigest(unread)),
            description="Compiling what only the images' Python can read",
            level=LogLevel.DEBUG,
        ),
    )
    result = await Get(ProcessResult, Process, process)
    found: dict[str, str] = json.loads(result.stdout)
    return found


@rule(desc="Reading the Python files", level=LogLevel.DEBUG)
async def read_sources(request: SourcesRequest, targets: AllUnexpandedTargets) -> Sources:
    """All Python files, with their owners and what does not compile."""
    entries = await Get(DigestEntries, PathGlobs(["**/*.py"]))
    owned = await MultiGet(
        Get(SourcesPaths, SourcesPathsRequest(target[SourcesField]))
        for target in targets
        if target.has_field(SourcesField)
    )
    files = {entry.path: entry for entry in entries if isinstance(entry, FileEntry)}
    owners = {path for paths in owned for path in paths.files}
    roots = await Get(
        OptionalSourceRootsResult, SourceRootsRequest, SourceRootsRequest.for_files(files)
    )
    problems = await _problems(files)
    return Sources(
        tuple(
            Source(
                path,
                owned=path in owners,
                below_root=roots.path_to_optional_root[PurePath(path)].source_root is not None,
                problem=problems.get(path, ""),
            )
            for path in sorted(files)
        )
    )


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
