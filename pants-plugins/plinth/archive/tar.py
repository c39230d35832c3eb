"""Deterministic tar files: the same entries give the same bytes on every machine.

Entries are sorted by path, parents stand before their children, and nothing of the host (user
names, umask, times, the order of a directory) enters the file.
"""

from __future__ import annotations

import io
import lzma
import posixpath
import stat
import tarfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

FILE, DIRECTORY, SYMLINK, HARDLINK = "file", "directory", "symlink", "hardlink"
_TYPES = {
    FILE: tarfile.REGTYPE,
    DIRECTORY: tarfile.DIRTYPE,
    SYMLINK: tarfile.SYMTYPE,
    HARDLINK: tarfile.LNKTYPE,
    "fifo": tarfile.FIFOTYPE,
    "character device": tarfile.CHRTYPE,
    "block device": tarfile.BLKTYPE,
}
_KINDS = {code: kind for kind, code in _TYPES.items()}
_KINDS[tarfile.AREGTYPE] = _KINDS[tarfile.CONTTYPE] = FILE


class TarError(Exception):
    """A tar file that cannot be read, or entries that cannot stand in one."""


@dataclass(frozen=True)
class Entry:
    """One path of a file tree: `path` is relative, normalised, with `/` between its parts.

    `content` is the file's bytes, or the file to read them from when the tar is written. `target`
    is what a symbolic or hard link points at. `mode` holds permission bits only; `mtime` is in
    seconds.
    """

    path: str
    kind: str = FILE
    mode: int = 0o644
    uid: int = 0
    gid: int = 0
    mtime: int = 0
    target: str = ""
    content: bytes | Path = b""
    device: tuple[int, int] = (0, 0)
    pax: Mapping[str, str] = field(default_factory=dict)


def normalise(path: str) -> str:
    """`path` relative to the root, without `.`, `..` or a slash at either end; the root is ``""``.

    A `..` never leaves the root, as in a chroot.
    """
    clean = posixpath.normpath("/" + path).lstrip("/")
    return "" if clean == "." else clean


def in_order(entries: Iterable[Entry]) -> list[Entry]:
    """Entries in order: a directory before what it holds, a hard link after all files.

    Raises `TarError` when two entries have one path.
    """
    ordered = sorted(entries, key=lambda e: (e.kind == HARDLINK, e.path.split("/")))
    seen: set[str] = set()
    for entry in ordered:
        if entry.path in seen:
            raise TarError(f"two entries at one path: {entry.path}")
        seen.add(entry.path)
    return ordered


def write_tar(entries: Iterable[Entry], out: BinaryIO) -> None:
    """Write the entries, sorted, as an uncompressed POSIX (pax) tar."""
    with tarfile.open(
        fileobj=out,
        mode="w|",
        format=tarfile.PAX_FORMAT,
        encoding="utf-8",
        errors="surrogateescape",
    ) as tar:
        for entry in in_order(entries):
            info = tarfile.TarInfo(entry.path + ("/" if entry.kind == DIRECTORY else ""))
            info.type = _TYPES[entry.kind]
            info.mode = stat.S_IMODE(entry.mode)
            info.uid, info.gid, info.mtime = entry.uid, entry.gid, entry.mtime
            info.linkname = entry.target
            info.devmajor, info.devminor = entry.device
            info.pax_headers = dict(sorted(entry.pax.items()))
            if entry.kind != FILE:
                tar.addfile(info)
            elif isinstance(entry.content, bytes):
                info.size = len(entry.content)
                tar.addfile(info, io.BytesIO(entry.content))
            else:
                info.size = entry.content.stat().st_size
                with entry.content.open("rb") as content:
                    tar.addfile(info, content)


def read_tar(source: BinaryIO) -> Iterator[Entry]:
    """The entries of a tar, plain or compressed with gzip, bzip2 or xz, in its own order.

    Times, owners, modes and extended attributes are kept as they stand. The root directory's own
    entry is passed over. Raises `TarError` for a file that is not a readable tar.
    """
    try:
        with tarfile.open(
            fileobj=source, mode="r:*", encoding="utf-8", errors="surrogateescape"
        ) as tar:
            for info in tar:
                if info.type not in _KINDS and not info.issparse():
                    raise TarError(f"{info.name}: an entry of unknown type {info.type!r}")
                path = normalise(info.name)
                if not path:
                    continue
                content = tar.extractfile(info) if info.isreg() else None
                yield Entry(
                    path=path,
                    kind=_KINDS.get(info.type, FILE),
                    mode=stat.S_IMODE(info.mode),
                    uid=info.uid,
                    gid=info.gid,
                    mtime=int(info.mtime),
                    target=normalise(info.linkname) if info.islnk() else info.linkname,
                    content=content.read() if content else b"",
                    device=(info.devmajor, info.devminor) if info.isdev() else (0, 0),
                    pax={
                        k: v for k, v in info.pax_headers.items() if k.startswith("SCHILY.xattr.")
                    },
                )
            # To the end, where a compressed file has its checksum.
            while tar.fileobj and tar.fileobj.read(1 << 20):
                pass
    except (tarfile.TarError, EOFError, OSError, lzma.LZMAError, zlib.error) as error:
        raise TarError(f"not a readable tar: {error}") from error


def with_parents(entries: Iterable[Entry], mode: int = 0o755) -> list[Entry]:
    """The entries, and a directory of uid 0 and `mode` for every parent that is not among them."""
    by_path = {entry.path: entry for entry in entries}
    for path in list(by_path):
        parent = posixpath.dirname(path)
        while parent and parent not in by_path:
            by_path[parent] = Entry(parent, DIRECTORY, mode)
            parent = posixpath.dirname(parent)
    return in_order(by_path.values())


def tree_entries(root: Path, at: str = "") -> list[Entry]:
    """The files, directories and symlinks below `root`, placed below the path `at`.

    Only the owner's execute bit of a file survives (0755 or 0644; directories 0755), so that the
    host's umask does not; owners become 0 and times the epoch.
    """
    found: list[Entry] = []

    def visit(folder: Path, below: str) -> None:
        for child in sorted(folder.iterdir()):
            path = f"{below}/{child.name}" if below else child.name
            if child.is_symlink():
                found.append(Entry(path, SYMLINK, 0o777, target=child.readlink().as_posix()))
            elif child.is_dir():
                found.append(Entry(path, DIRECTORY, 0o755))
                visit(child, path)
            else:
                mode = 0o755 if child.stat().st_mode & stat.S_IXUSR else 0o644
                found.append(Entry(path, FILE, mode, content=child))

    visit(root, normalise(at))
    return found


def at_epoch(entries: Iterable[Entry]) -> list[Entry]:
    """The entries with every time set to 0, 1970-01-01."""
    return [replace(entry, mtime=0) for entry in entries]
