"""Git's objects as data: read from what its plumbing prints, which no configuration changes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone

from plinth.git.errors import GitError

_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_COMMITTER = re.compile(rb"committer .*> (-?[0-9]+) [+-][0-9]{4}")

REGULAR, EXECUTABLE, LINK, SUBMODULE = "100644", "100755", "120000", "160000"


def is_id(text: str) -> bool:
    """Whether the text has the form of an object's id."""
    return bool(_ID.fullmatch(text))


def object_id(printed: bytes) -> str:
    """The id that git printed. Raises `GitError` for anything else."""
    text = printed.decode(errors="replace").strip()
    if not is_id(text):
        raise GitError(f"git printed {text[:100]!r} where the id of an object is due")
    return text


def id_algorithm(identity: str) -> str:
    """The hash that an object's id is: git's object format."""
    return "sha256" if len(identity) == 64 else "sha1"


def blob_id(content: bytes, algorithm: str = "sha1") -> str:
    """The id of a blob with this content. `algorithm` is the repository's object format."""
    return hashlib.new(algorithm, b"blob %d\0" % len(content) + content).hexdigest()


def utc(seconds: int) -> str:
    """A moment in seconds since 1970 as ISO 8601, such as `2026-11-22T12:00:00Z`."""
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def commit_time(commit: bytes) -> int:
    """When the commit was made, in seconds since 1970. `commit` is the object itself."""
    for line in commit.partition(b"\n\n")[0].split(b"\n"):
        found = _COMMITTER.fullmatch(line)
        if found:
            return int(found[1])
    raise GitError("the commit has no committer's time")


@dataclass(frozen=True)
class File:
    """An entry of a tree: its mode as git writes it, such as `100644`, and its object's id."""

    mode: str
    id: str


def parse_tree(listed: bytes) -> dict[str, File]:
    """What `git ls-tree -r -z` lists, by path."""
    found = {}
    for described, path in _records(listed):
        mode, _, oid = described.split(" ")
        found[path] = File(mode, oid)
    return found


def parse_index(listed: bytes) -> dict[str, File]:
    """What `git ls-files --stage -z` lists, by path. What is in conflict has no one entry."""
    found = {}
    for described, path in _records(listed):
        mode, oid, stage = described.split(" ")
        if stage == "0":
            found[path] = File(mode, oid)
    return found


def _records(listed: bytes) -> Iterator[tuple[str, str]]:
    for line in listed.decode(errors="surrogateescape").split("\0"):
        if line:
            described, _, path = line.partition("\t")
            yield described, path
