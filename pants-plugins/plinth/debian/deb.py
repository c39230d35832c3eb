"""A `.deb` as values: its control stanza and the entries of its file tree."""

from __future__ import annotations

import io
import lzma
import zlib
from dataclasses import dataclass
from pathlib import Path

from debian.arfile import ArError, ArFile
from debian.deb822 import Deb822

from plinth.archive.tar import FILE, Entry, TarError, read_tar
from plinth.debian.errors import DebError

# What the standard library reads. Debian 12 itself uses xz; zstd is Ubuntu's.
_COMPRESSIONS = ("", ".gz", ".bz2", ".xz")


@dataclass(frozen=True)
class Deb:
    """One package: `control` is its stanza for dpkg's record, `entries` are in its own order."""

    name: str
    version: str
    control: str
    entries: tuple[Entry, ...]


def read_deb(path: Path) -> Deb:
    """The package in the file. Raises `DebError` for a file that is not a readable `.deb`."""
    try:
        with path.open("rb") as source:
            archive = ArFile(fileobj=source)
            control = _control(_member(archive, "control.tar", path), path)
            entries = tuple(read_tar(io.BytesIO(_member(archive, "data.tar", path))))
    # python-debian trusts the headers of an ar file: a broken one surfaces as any of these.
    except (ArError, TarError, lzma.LZMAError, zlib.error, OSError, EOFError, ValueError) as error:
        raise DebError(f"{path.name} is not a readable .deb: {error}") from error
    fields = Deb822(control)
    for field in ("Package", "Version", "Architecture"):
        if not fields.get(field):
            raise DebError(f"{path.name}: its control file has no {field}")
    return Deb(fields["Package"], fields["Version"], control, entries)


def _member(archive: ArFile, stem: str, path: Path) -> bytes:
    names = [name for name in archive.getnames() if name == stem or name.startswith(f"{stem}.")]
    if len(names) != 1:
        raise DebError(f"{path.name} is not a .deb: it holds {', '.join(names) or f'no {stem}'}")
    if names[0][len(stem) :] not in _COMPRESSIONS:
        raise DebError(
            f"{path.name} holds {names[0]}, and only gzip, bzip2 and xz are read, as Debian uses "
            "them"
        )
    member = archive.getmember(names[0])
    content = bytes(member.read())
    if len(content) != member.size:
        raise DebError(
            f"{path.name} is cut off: {names[0]} has {len(content)} of {member.size} bytes"
        )
    return content


def _control(tar: bytes, path: Path) -> str:
    for entry in read_tar(io.BytesIO(tar)):
        if entry.path == "control" and entry.kind == FILE and isinstance(entry.content, bytes):
            return entry.content.decode("utf-8").strip("\n") + "\n"
    raise DebError(f"{path.name} has no control file")
