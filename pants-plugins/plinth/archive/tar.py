"""Deterministic tar files: the same entries give the same bytes on every machine.

Entries are sorted by path, parents stand before their children, and nothing of the host (user
names, umask, times, the order of a directory) enters the file.
"""

from __future__ import annotations

import io
import posixpath
import shutil
import stat
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal, Union, cast

from plinth.archive.decompress import DAMAGED, decompressed, is_compressed

if TYPE_CHECKING:
    from plinth.archive.hashed import Writer

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
class Part:
    """`size` bytes of a file, from `start`."""

    file: Path
    start: int
    size: int


Content = Union[bytes, Path, Part]
_ContentOf = Callable[[tarfile.TarFile, tarfile.TarInfo], Content]


@dataclass(frozen=True)
class Entry:
    """One path of a file tree: `path` is relative, normalised, with `/` between its parts.

    `content` is the file's bytes, or where to read them when the tar is written. `target`
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
    content: Content = b""
    device: tuple[int, int] = (0, 0)
    pax: Mapping[str, str] = field(default_factory=dict)

    def read(self) -> bytes:
        """The file's bytes."""
        with self.opened() as (source, size):
            return source.read(size)

    @contextmanager
    def opened(self) -> Iterator[tuple[BinaryIO, int]]:
        """The file's bytes to read, and their number."""
        if isinstance(self.content, bytes):
            yield io.BytesIO(self.content), len(self.content)
            return
        path = self.content.file if isinstance(self.content, Part) else self.content
        with path.open("rb") as source:
            if isinstance(self.content, Part):
                source.seek(self.content.start)
                yield source, self.content.size
            else:
                yield source, path.stat().st_size


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


def write_tar(entries: Iterable[Entry], out: Writer) -> None:
    """Write the entries, sorted, as an uncompressed POSIX (pax) tar."""
    with tarfile.open(
        fileobj=cast(BinaryIO, out),
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
                continue
            with entry.opened() as (content, info.size):
                tar.addfile(info, content)


def read_tar(source: BinaryIO) -> Iterator[Entry]:
    """The entries of a tar that can seek, plain or compressed, in its own order, with their bytes.

    Times, owners, modes and extended attributes are kept as they stand. The root directory's own
    entry is passed over, and so is what a global header says, as Docker does. Raises `TarError` for
    a file that is not a readable tar, or is damaged anywhere.
    """
    with _readable():
        stream = decompressed(source)
        with _opened(stream, "r|") as tar:
            yield from _entries(tar, _read)
        _to_its_end(stream)


def read_tar_file(path: Path, scratch: Path) -> Iterator[Entry]:
    """As `read_tar`; the entries' bytes stay in the file, or in one in the folder `scratch`."""
    with path.open("rb") as source, _readable():
        plain = _plain_file(source, path, scratch)
        with plain.open("rb") as file, _opened(file, "r:") as tar:
            yield from _entries(tar, partial(_part, plain))


def begins_as_tar(path: Path) -> bool:
    """Whether the file, plain or compressed, opens with the header of a tar's entry."""
    try:
        with path.open("rb") as source:
            tarfile.TarInfo.frombuf(
                decompressed(source).read(tarfile.BLOCKSIZE), "utf-8", "surrogateescape"
            )
    except (tarfile.HeaderError, *DAMAGED):
        return False
    return True


class _Header(tarfile.TarInfo):
    """An entry's header, which must be whole: `tarfile` takes a damaged one for the tar's end."""

    @classmethod
    def fromtarfile(cls, tar: tarfile.TarFile) -> _Header:
        tar.pax_headers = {}  # what global headers said
        try:
            return super().fromtarfile(tar)
        except tarfile.EmptyHeaderError:  # type: ignore[attr-defined]
            raise
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined]
            assert tar.fileobj is not None
            if tar.fileobj.read(tarfile.BLOCKSIZE).strip(b"\0"):
                raise TarError("there is more after a block of zeros, half of an end") from None
            raise
        except tarfile.HeaderError as error:
            raise TarError(f"the header at byte {tar.offset} is damaged: {error}") from error


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except (tarfile.TarError, TarError, ValueError, OverflowError, *DAMAGED) as error:
        raise TarError(f"not a readable tar: {error}") from error


def _opened(source: BinaryIO, mode: Literal["r:", "r|"]) -> tarfile.TarFile:
    return tarfile.open(
        fileobj=source, mode=mode, tarinfo=_Header, encoding="utf-8", errors="surrogateescape"
    )


def _plain_file(source: BinaryIO, path: Path, scratch: Path) -> Path:
    if not is_compressed(source):
        return path
    with tempfile.NamedTemporaryFile(dir=scratch, delete=False) as plain:
        shutil.copyfileobj(decompressed(source), plain)
    return Path(plain.name)


def _to_its_end(stream: BinaryIO) -> None:
    """Read on to where a compressed file has its checksum."""
    while stream.read(1 << 20):
        pass


def _entries(tar: tarfile.TarFile, content: _ContentOf) -> Iterator[Entry]:
    for info in tar:
        if info.type not in _KINDS and not info.issparse():
            raise TarError(f"{info.name}: an entry of unknown type {info.type!r}")
        path = normalise(info.name)
        if not path:
            continue
        yield Entry(
            path=path,
            kind=_KINDS.get(info.type, FILE),
            mode=stat.S_IMODE(info.mode),
            uid=info.uid,
            gid=info.gid,
            mtime=int(info.mtime),
            target=normalise(info.linkname) if info.islnk() else info.linkname,
            content=content(tar, info) if info.isreg() else b"",
            device=(info.devmajor, info.devminor) if info.isdev() else (0, 0),
            pax={k: v for k, v in info.pax_headers.items() if k.startswith("SCHILY.xattr.")},
        )


def _read(tar: tarfile.TarFile, info: tarfile.TarInfo) -> bytes:
    content = tar.extractfile(info)
    assert content is not None, "it is a file"
    return content.read()


def _part(file: Path, tar: tarfile.TarFile, info: tarfile.TarInfo) -> Content:
    return _read(tar, info) if info.issparse() else Part(file, info.offset_data, info.size)


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
