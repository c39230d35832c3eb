"""The part of a Debian root that compiles `.pyc`, as a folder: `python -m plinth.layers.runtime
ROOT.tar FOLDER`.

Every layer with Python code is compiled in a sandbox of its own. What that needs of the runtime is
its interpreter, its shared libraries and a few modules: a small part of the whole.
"""

from __future__ import annotations

import posixpath
import sys
from collections.abc import Iterable
from pathlib import Path

from plinth.archive.tar import FILE, SYMLINK, Entry, TarError, read_tar
from plinth.platform import PLATFORM

_LIBRARY = f"usr/lib/python{PLATFORM.python_minor}/"
_PROGRAMS = ("usr/bin", "lib64", "usr/lib64")
# What Debian's Python is linked with. The loader names what is missing, should that ever
# change.
_LINKED = ("ld-linux", "libc.so", "libdl.so", "libexpat.so", "libm.so", "libpthread.so", "libz.so")
_MERGED = ("bin", "lib", "lib64")  # links into /usr, where Debian's merge of the two was made
_PACKAGES = ("collections", "encodings", "importlib")


def needed(entry: Entry) -> bool:
    """Whether the entry is the interpreter, its loader, one of its shared libraries or a module to
    start with.
    """
    if entry.kind == SYMLINK and entry.path in _MERGED:
        return True
    if entry.kind not in (FILE, SYMLINK):
        return False
    folder, _, name = entry.path.rpartition("/")
    if folder in _PROGRAMS:
        return name.startswith(("python3", "ld-linux"))
    if folder in PLATFORM.libraries:
        return name.startswith(_LINKED)
    if not entry.path.startswith(_LIBRARY) or not name.endswith((".py", ".pyc")):
        return False
    parts = [part for part in entry.path[len(_LIBRARY) :].split("/") if part != "__pycache__"]
    return len(parts) == 1 or parts[0] in _PACKAGES


def extract(entries: Iterable[Entry], into: Path) -> None:
    """Write files and links below a folder, without owners and times.

    A link to `/…` of the image becomes one to the same below the folder.
    """
    for entry in entries:
        target = into / entry.path
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.parent.resolve().is_relative_to(into.resolve()):
            raise TarError(f"{entry.path} leads out of the root")
        if entry.kind == SYMLINK:
            target.symlink_to(_below(entry))
        elif entry.kind == FILE and isinstance(entry.content, bytes):
            target.write_bytes(entry.content)
            target.chmod(entry.mode | 0o400)


def _below(link: Entry) -> str:
    if not link.target.startswith("/"):
        return link.target
    return posixpath.relpath(link.target, "/" + posixpath.dirname(link.path))


def main(argv: list[str]) -> int:
    root, folder = map(Path, argv)
    with root.open("rb") as source:
        extract(filter(needed, read_tar(source)), folder)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
