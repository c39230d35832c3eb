"""ELF files for tests: the headers and the dynamic section, and no code."""

from __future__ import annotations

import struct

_HEADER, _PROGRAM = 64, 56
_X86_64 = 62


def make_elf(
    *needed: str, runpath: str = "", interpreter: str = "", machine: int = _X86_64
) -> bytes:
    """A shared library that needs the libraries, or a program with an interpreter."""
    strings = b"\0"
    tags: list[tuple[int, int]] = []
    for tag, text in [*((1, name) for name in needed), *([(29, runpath)] if runpath else [])]:
        tags.append((tag, len(strings)))
        strings += text.encode() + b"\0"
    loader = interpreter.encode() + b"\0"
    count = 3 if interpreter else 2
    strings_at = _HEADER + count * _PROGRAM
    loader_at = strings_at + len(strings)
    dynamic_at = loader_at + len(loader)
    base = 0x10000  # addresses differ from offsets, as in real files
    tags = [*tags, (5, base + strings_at), (0, 0)]
    dynamic = b"".join(struct.pack("<QQ", *tag) for tag in tags)
    end = dynamic_at + len(dynamic)
    programs = [(1, 0, end), (2, dynamic_at, len(dynamic))]
    if interpreter:
        programs.append((3, loader_at, len(loader)))
    return b"".join(
        (
            struct.pack("<4sBBB9xHHI", b"\x7fELF", 2, 1, 1, 3, machine, 1),
            struct.pack("<QQQIHHHHHH", 0, _HEADER, 0, 0, _HEADER, _PROGRAM, count, 0, 0, 0),
            *(
                struct.pack("<IIQQQQQQ", kind, 4, at, base + at, base + at, size, size, 8)
                for kind, at, size in programs
            ),
            strings,
            loader,
            dynamic,
        )
    )
