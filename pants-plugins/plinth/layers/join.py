"""One tar of two layers: `python -m plinth.layers.join A.tar B.tar OUT.tar`. Runs in the
sandbox.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from plinth.archive.tar import DIRECTORY, Entry, TarError, read_tar, write_tar
from plinth.layers.errors import fail


def joined(layers: Iterable[Iterable[Entry]]) -> list[Entry]:
    """The entries of all layers. A directory may be in several; a file in two is a `TarError`."""
    directories: dict[str, Entry] = {}
    others: list[Entry] = []
    for entries in layers:
        for entry in entries:
            if entry.kind == DIRECTORY:
                directories.setdefault(entry.path, entry)
            else:
                others.append(entry)
    return [*directories.values(), *others]


def main(argv: list[str]) -> int:
    *layers, out = map(Path, argv)
    try:
        entries = joined(_read(path) for path in layers)
        with out.open("wb") as tar:
            write_tar(entries, tar)
    except TarError as error:
        return fail(error)
    return 0


def _read(path: Path) -> list[Entry]:
    with path.open("rb") as source:
        return list(read_tar(source))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
