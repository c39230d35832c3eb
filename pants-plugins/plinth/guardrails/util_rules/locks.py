"""The Python locks: every resolve's, and every `.txt` beside an `.in` of its name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from glob import escape

from pants.backend.python.subsystems.setup import PythonSetup
from pants.engine.fs import DigestContents, PathGlobs, Paths
from pants.engine.rules import Get, Rule, collect_rules, rule
from pants.engine.unions import UnionRule
from pants.util.logging import LogLevel

from plinth.guardrails.repository import LockFile


@dataclass(frozen=True)
class LocksRequest:
    """All Python locks."""


@dataclass(frozen=True)
class Locks:
    """The locks, with the text of the files that they answer."""

    found: tuple[LockFile, ...]


@rule(desc="Reading the locks", level=LogLevel.DEBUG)
async def read_locks(request: LocksRequest, python_setup: PythonSetup) -> Locks:
    """Every lock as it stands in the repository."""
    resolves = set(python_setup.resolves.values()) if python_setup.enable_resolves else set()
    listed = await Get(Paths, PathGlobs(["**/*.in", "**/*.txt", *sorted(resolves)]))
    there = set(listed.files)
    # Other texts, which may be large data, are not read.
    locks = [
        path
        for path in listed.files
        if path in resolves or (path.endswith(".txt") and _asked(path) in there)
    ]
    read = [*locks, *(_asked(path) for path in locks if _asked(path) in there)]
    contents = await Get(DigestContents, PathGlobs(map(escape, read)))
    texts = {file.path: file.content.decode(errors="replace") for file in contents}
    return Locks(
        tuple(LockFile(path, texts[path], _asked(path), texts.get(_asked(path))) for path in locks)
    )


def _asked(lock: str) -> str:
    """The requirements file that a lock answers."""
    return lock.rpartition(".")[0] + ".in"


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
