"""File name patterns as Docker's builders understand them: Go's `filepath.Match`.

`*` and `?` do not cross a `/`, `[a-z]` and `[^a-z]` are classes, `\\` takes the next character as
it is. Source: the Go standard library, `path/filepath`; the Dockerfile reference, "COPY".
"""

from __future__ import annotations

import re
from functools import lru_cache
from re import Pattern


class BadPattern(ValueError):
    """A pattern that Go's `filepath.Match` refuses."""


def is_pattern(text: str) -> bool:
    """Whether `text` has a wildcard that is not escaped."""
    return re.search(r"[*?\[]", re.sub(r"\\.", "", text)) is not None


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> Pattern[str]:
    """A regular expression for whole paths that match `pattern`. Raises `BadPattern`."""
    expression, at = "", 0
    while at < len(pattern):
        char = pattern[at]
        if char == "*":
            expression += "[^/]*"
        elif char == "?":
            expression += "[^/]"
        elif char == "[":
            found, at = _class(pattern, at + 1)
            expression += found
            continue
        elif char == "\\":
            at += 1
            if at == len(pattern):
                raise BadPattern(f"the pattern {pattern!r} ends in a lone backslash")
            expression += re.escape(pattern[at])
        else:
            expression += re.escape(char)
        at += 1
    return re.compile(expression, re.DOTALL)


def matches(pattern: str, path: str) -> bool:
    """Whether the whole of `path` matches. Raises `BadPattern`."""
    return compiled(pattern).fullmatch(path) is not None


def _class(pattern: str, at: int) -> tuple[str, int]:
    """The expression for the class whose first character is at `at`, and where it ends."""
    negated = pattern[at : at + 1] == "^"
    at += negated
    ranges = ""
    while not (ranges and pattern[at : at + 1] == "]"):
        low, at = _class_char(pattern, at)
        high = low
        if pattern[at : at + 1] == "-":
            high, at = _class_char(pattern, at + 1)
        # Go takes a range that is upside down for an empty one; Python does not compile it.
        ranges += f"{re.escape(low)}-{re.escape(high)}" if low <= high else "\0-\0"
    return f"[^/{ranges}]" if negated else f"(?!/)[{ranges}]", at + 1


def _class_char(pattern: str, at: int) -> tuple[str, int]:
    """One character of a class, and the place after it."""
    escaped = pattern[at : at + 1] == "\\"
    char = pattern[at + escaped : at + escaped + 1]
    if not char or (not escaped and char in "-]"):
        raise BadPattern(f"the pattern {pattern!r} has a [ that is not closed, or an empty class")
    return char, at + escaped + 1
