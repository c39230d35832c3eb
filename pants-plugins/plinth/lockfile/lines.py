"""The text of a requirements file as its logical lines: what stands on one, and the comments below
it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

# As pip reads it: a `#` begins a comment at the start of a line or after white space.
_COMMENT = re.compile(r"(?:^|\s+)#\s?(.*)$")


@dataclass(frozen=True)
class LogicalLine:
    """`text` is joined over backslashes and without comments; `number` is that of its first line.

    `comments` are those beside and directly below it, up to the next text or an empty line.
    """

    number: int
    text: str
    comments: tuple[str, ...] = ()


def logical_lines(text: str) -> Iterator[LogicalLine]:
    """The logical lines that hold something other than comments, in order."""
    current: LogicalLine | None = None
    for number, body, comment in _joined(text):
        if body:
            if current:
                yield current
            current = LogicalLine(number, body, () if comment is None else (comment,))
        elif comment is not None and current:
            current = replace(current, comments=(*current.comments, comment))
        elif comment is None and current:
            yield current
            current = None
    if current:
        yield current


def _joined(text: str) -> Iterator[tuple[int, str, str | None]]:
    """Number, text and comment of each line, those that end in a backslash joined with the next."""
    start, joined = 0, ""
    for number, line in enumerate(text.splitlines(), start=1):
        found = _COMMENT.search(line)
        body = (line[: found.start()] if found else line).strip()
        start = start or number
        if body.endswith("\\") and not found:
            joined += body[:-1].rstrip() + " "
            continue
        yield start, (joined + body).strip(), found.group(1).strip() if found else None
        start, joined = 0, ""
    if joined:
        yield start, joined.strip(), None
