"""The Python locks: every resolve's, and every `.txt` beside an `.in` of its name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pants.backend.python.subsystems.setup import PythonSetup
from pants.engine.fs import DigestContents, PathGlobs
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
    contents = await Get(DigestContents, PathGlobs(["**/*.in", "**/*.txt", *sorted(resolves)]))
    texts = {file.path: file.content for file in contents}
    return Locks(
        tuple(
            LockFile(
                path,
                content.decode(errors="replace"),
                asked,
                texts[asked].decode(errors="replace") if asked in texts else None,
            )
            for path, content in texts.items()
            for asked in [path.rpartition(".")[0] + ".in"]
            if path in resolves or (path.endswith(".txt") and asked in texts)
        )
    )


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
