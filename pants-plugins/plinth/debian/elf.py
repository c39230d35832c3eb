"""What a program or library needs to be loaded, and whether a tree has it.

Packages that were left out on purpose could otherwise be missed at run time only, by whoever first
imports the module that used them.
"""

from __future__ import annotations

import posixpath
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from plinth.archive.tar import FILE, normalise
from plinth.debian.errors import RootError
from plinth.debian.tree import Tree, find

# The processors of Lambda, by the number in an ELF header: Debian's folder for their libraries.
_TRIPLETS = {62: "x86_64-linux-gnu", 183: "aarch64-linux-gnu"}
_LOAD, _DYNAMIC, _INTERPRETER = 1, 2, 3
_NEEDED, _STRINGS, _RPATH, _RUNPATH = 1, 5, 15, 29


@dataclass(frozen=True)
class Elf:
    """`needed` are libraries by name, `folders` where the file says to look for them."""

    machine: int
    needed: tuple[str, ...]
    folders: tuple[str, ...]
    interpreter: str


def read_elf(data: bytes) -> Elf | None:
    """The dynamic part of a 64-bit little-endian ELF file, None for others. Raises `ValueError`."""
    if data[:6] != b"\x7fELF\x02\x01":
        return None
    try:
        machine, headers_at, size, count = (
            *struct.unpack_from("<H", data, 18),
            *struct.unpack_from("<Q", data, 32),
            *struct.unpack_from("<HH", data, 54),
        )
        headers = [
            _ProgramHeader(*struct.unpack_from("<IIQQQQ", data, headers_at + n * size))
            for n in range(count)
        ]
        interpreter = [_text(data, h.offset) for h in headers if h.kind == _INTERPRETER]
        tags = [tag for h in headers if h.kind == _DYNAMIC for tag in _tags(data, h)]
        strings = [_offset(headers, value) for tag, value in tags if tag == _STRINGS]

        def texts(*wanted: int) -> tuple[str, ...]:
            return tuple(_text(data, strings[0] + value) for tag, value in tags if tag in wanted)

        folders = [folder for path in texts(_RPATH, _RUNPATH) for folder in path.split(":")]
        return Elf(machine, texts(_NEEDED), tuple(folders), interpreter[0] if interpreter else "")
    # Offsets and counts in a broken file point anywhere.
    except (struct.error, IndexError, OverflowError) as error:
        raise ValueError(f"a broken ELF file: {error}") from error


@dataclass(frozen=True)
class _ProgramHeader:
    kind: int
    flags: int
    offset: int
    address: int
    physical: int
    size: int


def _tags(data: bytes, header: _ProgramHeader) -> Iterator[tuple[int, int]]:
    for at in range(header.offset, header.offset + header.size, 16):
        tag, value = struct.unpack_from("<QQ", data, at)
        yield tag, value


def _offset(headers: list[_ProgramHeader], address: int) -> int:
    for header in headers:
        if header.kind == _LOAD and 0 <= address - header.address < header.size:
            return header.offset + address - header.address
    raise IndexError(f"nothing is loaded at {address:#x}")


def _text(data: bytes, at: int) -> str:
    return data[at : data.index(b"\0", at)].decode("utf-8", "replace")


def check_links(tree: Tree) -> None:
    """Raise `RootError` when something in the tree needs a library that no loader would find."""
    missing = [line for path in sorted(tree) for line in _missing(tree, path)]
    if missing:
        raise RootError(
            "libraries that no package of the root has, or that were left out:\n  "
            + "\n  ".join(missing)
            + "\nAdd the package that has it, or leave out what needs it (`exclude_paths`)."
        )


def _missing(tree: Tree, path: str) -> Iterator[str]:
    entry = tree[path]
    if entry.kind != FILE or not isinstance(entry.content, bytes):
        return
    try:
        elf = read_elf(entry.content)
    except ValueError as error:
        raise RootError(f"/{path}: {error}") from error
    if elf is None or elf.machine not in _TRIPLETS:
        return
    own = [folder.replace("$ORIGIN", posixpath.dirname(path)) for folder in elf.folders]
    folders = [
        *own,
        f"lib/{_TRIPLETS[elf.machine]}",
        f"usr/lib/{_TRIPLETS[elf.machine]}",
        "lib",
        "usr/lib",
    ]
    for library in elf.needed:
        if not any(find(tree, normalise(f"{folder}/{library}")) for folder in folders):
            yield f"/{path} needs {library}"
    if elf.interpreter and find(tree, elf.interpreter) is None:
        yield f"/{path} needs {elf.interpreter}"
