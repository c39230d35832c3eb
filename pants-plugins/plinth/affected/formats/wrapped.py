"""Words on lines of 80 columns."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator

COLUMNS = 80


def wrapped(words: Iterable[str], indent: str, next_indent: str) -> Iterator[str]:
    """Lines of `words` with spaces between, each as full as it may be.

    The first line begins with `indent`, the others with `next_indent`. A word is never broken: one
    that is longer than a line has a longer line to itself.
    """
    line, taken = "", 0
    for word in words:
        columns = width(word)
        if line and taken + 1 + columns > COLUMNS:
            yield line
            line, indent = "", next_indent
        line, taken = (
            (f"{line} {word}", taken + 1 + columns)
            if line
            else (indent + word, width(indent) + columns)
        )
    if line:
        yield line


def width(text: str) -> int:
    """How many columns a terminal takes for it."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(map(bool, map(unicodedata.combining, text)))
