"""The files that Pants read, compared with the tree of a commit: by their bytes and modes.

`git status` is not asked. It passes over what it is told to pass over, by flags of the index,
attributes, ignore files and `core.fileMode`, and Pants reads all of that.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from plinth.git.objects import EXECUTABLE, LINK, REGULAR, SUBMODULE, File, blob_id

EDITED, MISSING, UNKNOWN = "other bytes", "not there", "not in the commit"
EXECUTE_BIT, KIND = "another execute bit", "another kind of file"
RELINKED = "a link to something else"
_FILES = (REGULAR, EXECUTABLE)
# As many links as Linux follows in one path.
_MOST_LINKS = 40


@dataclass(frozen=True, order=True)
class Difference:
    """A file that is not as in the commit: `what` is it, and `why` git does not show it.

    `why` is empty where nothing hides it.
    """

    path: str
    what: str
    why: str = ""

    def __str__(self) -> str:
        return f"{self.path}: {self.what}{f', {self.why}' if self.why else ''}"


def file_mode(executable: bool) -> str:
    """The mode that git has for a file with, or without, its owner's execute bit."""
    return EXECUTABLE if executable else REGULAR


def on_disk(root: Path, paths: Iterable[str], algorithm: str) -> dict[str, File]:
    """These files as they are on the disk; what is no file or link is left out."""
    found = {}
    for path in paths:
        file = root / path
        try:
            if file.is_symlink():
                found[path] = File(LINK, blob_id(os.fsencode(os.readlink(file)), algorithm))
            elif file.is_file():
                mode = file_mode(bool(file.stat().st_mode & 0o100))
                found[path] = File(mode, blob_id(file.read_bytes(), algorithm))
        except OSError:
            # Behind a link that leads nowhere, or not to be read: not what the commit has.
            continue
    return found


def real_path(path: str, links: Mapping[str, str]) -> str | None:
    """The path with all links followed; None if it leaves the tree. `links` are targets by path."""
    parts = path.split("/")
    real: list[str] = []
    followed = 0
    while parts:
        part = parts.pop(0)
        if part == "..":
            if not real:
                return None
            real.pop()
        elif part not in ("", "."):
            real.append(part)
            target = links.get("/".join(real))
            if target is not None:
                followed += 1
                if followed > _MOST_LINKS or target.startswith("/"):
                    return None
                real.pop()
                parts = [*target.split("/"), *parts]
    return "/".join(real)


def differences(
    committed: Mapping[str, File],
    read: Mapping[str, File],
    disk: Mapping[str, File],
    links: Mapping[str, str],
) -> Iterator[Difference]:
    """What is not as in the commit, by path.

    `read` is what Pants read, links followed. `disk` has the files of the commit that Pants does
    not read, and its links, whose targets are `links`.
    """
    for path, file in committed.items():
        if file.mode != SUBMODULE:
            actual = None if file.mode == LINK else read.get(path)
            yield from _different(path, file, actual or disk.get(path))
    for path, actual in read.items():
        # In a submodule, this says where its repository is.
        own = path.endswith("/.git") and path[: -len("/.git")] in committed
        if not own and (path in links or path not in committed):
            real = real_path(path, links)
            source = committed.get(real) if real else None
            if source is None or source.mode not in _FILES:
                yield Difference(path, UNKNOWN)
            elif real != path:
                yield from _different(path, source, actual)


def _different(path: str, committed: File, actual: File | None) -> Iterator[Difference]:
    if actual is None:
        yield Difference(path, MISSING)
    elif (actual.mode == LINK) != (committed.mode == LINK):
        yield Difference(path, KIND)
    else:
        if actual.mode != committed.mode:
            yield Difference(path, EXECUTE_BIT)
        if actual.id != committed.id:
            yield Difference(path, RELINKED if actual.mode == LINK else EDITED)
