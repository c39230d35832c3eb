"""What git's index says that the disk does not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pants.engine.rules import Get, Rule, collect_rules, rule
from pants.engine.unions import UnionRule
from pants.util.frozendict import FrozenDict
from pants.util.logging import LogLevel

from plinth.git.objects import EXECUTABLE, REGULAR, File, id_algorithm, parse_index
from plinth.git.util_rules import process
from plinth.git.util_rules.process import GitAnswer, GitRequest


@dataclass(frozen=True)
class ModesRequest:
    """The execute bits that hold where the disk's say nothing (`core.fileMode` is false)."""


@dataclass(frozen=True)
class Modes:
    """By path, whether a tracked file is executable; empty where the disk's own bits hold."""

    executable: FrozenDict[str, bool]


@dataclass(frozen=True)
class IndexRequest:
    """All that is tracked."""


@dataclass(frozen=True)
class Index:
    """Its files by path, and why git does not look at some of them on the disk."""

    files: FrozenDict[str, File]
    hidden: FrozenDict[str, str]

    @property
    def algorithm(self) -> str:
        """Which hash the ids of its objects are."""
        return id_algorithm(next((file.id for file in self.files.values()), ""))


_WHY = {
    "S": "and git is told to pass over it (`git update-index --no-skip-worktree`)",
    "h": "and git is told to pass over it (`git update-index --no-assume-unchanged`)",
}


@rule(desc="Reading git's index", level=LogLevel.DEBUG)
async def read_index(request: IndexRequest) -> Index:
    """Every file of git's index, and those that git was asked not to look at."""
    answer = await Get(GitAnswer, GitRequest(("ls-files", "-v", "--stage", "-z")))
    listed = answer.checked("git does not list its files").split(b"\0")
    # Each line begins with a letter: small where the file is assumed to be unchanged.
    files = parse_index(b"\0".join(line[2:] for line in listed))
    hidden = {}
    for line in listed:
        letter, path = line[:1].decode(), line.partition(b"\t")[2]
        flag = "h" if letter.islower() else letter
        if flag in _WHY:
            hidden[path.decode(errors="surrogateescape")] = _WHY[flag]
    return Index(FrozenDict(files), FrozenDict(hidden))


@rule(desc="Reading git's execute bits", level=LogLevel.DEBUG)
async def read_modes(request: ModesRequest) -> Modes:
    """The execute bits of the index, where `core.fileMode=false` leaves them to git."""
    trusted = await Get(GitAnswer, GitRequest(("config", "--type=bool", "--get", "core.fileMode")))
    if trusted.output.strip() != b"false":
        return Modes(FrozenDict())
    index = await Get(Index, IndexRequest())
    return Modes(
        FrozenDict(
            (path, file.mode == EXECUTABLE)
            for path, file in index.files.items()
            if file.mode in (REGULAR, EXECUTABLE)
        )
    )


def rules() -> Iterable[Rule | UnionRule]:
    return [*collect_rules(), *process.rules()]
