"""On which line of a TOML document a value stands: `tomllib` gives values without their places."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

Path = tuple[str | int, ...]


def line_of(text: str, path: Path) -> int:
    """The line of the value at `path`, or of the nearest table around it; 1 for the document."""
    places = dict(_places(text))
    wanted = path
    while wanted and wanted not in places:
        wanted = wanted[:-1]
    return places.get(wanted, 1)


def _places(text: str) -> Iterator[tuple[Path, int]]:
    """Each key and table with its line. `text` must be valid TOML."""
    table: Path = ()
    counts: dict[Path, int] = {}
    for line, statement in _statements(text):
        keys = _keys(tomllib.loads(statement))
        if not statement.lstrip().startswith("["):
            yield (*table, *keys), line
            continue
        table = _resolved(keys, counts)
        if statement.lstrip().startswith("[["):
            counts[table] = counts.get(table, -1) + 1
            table = (*table, counts[table])
        yield table, line


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """The document in the smallest pieces that are TOML by themselves, with their first lines."""
    start, piece = 1, ""
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        piece += line
        try:
            holds_something = bool(tomllib.loads(piece))
        except tomllib.TOMLDecodeError:
            continue
        if holds_something:
            yield start, piece
        start, piece = number + 1, ""


def _keys(document: Any) -> tuple[str, ...]:
    """The path of the one key in a statement. An inline table's own keys are not told apart."""
    keys = []
    while isinstance(document, dict) and len(document) == 1:
        ((key, document),) = document.items()
        keys.append(key)
        if isinstance(document, list):
            break
    return tuple(keys)


def _resolved(keys: tuple[str, ...], counts: dict[Path, int]) -> Path:
    """A header's path, through the newest element of each array of tables on its way."""
    path: Path = ()
    for position, key in enumerate(keys):
        path = (*path, key)
        if path in counts and position < len(keys) - 1:
            path = (*path, counts[path])
    return path
