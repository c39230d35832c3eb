"""CODEOWNERS: who must approve a change of which files. The last line that covers a file counts."""

from __future__ import annotations

import re
from dataclasses import dataclass

from plinth.guardrails.globs import matches

_OWNER = re.compile(r"@[\w-]+(?:/[\w.-]+)?|[^@\s]+@[^@\s]+\.[^@\s]+")


class BadOwners(ValueError):
    """A line that GitHub would pass over in silence."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True)
class Line:
    """A line: the pattern of paths, and those of whom one must approve; none takes owners off."""

    line: int
    pattern: str
    owners: tuple[str, ...]


@dataclass(frozen=True)
class Owners:
    """The lines of a CODEOWNERS file, in order."""

    lines: tuple[Line, ...]

    def rule_for(self, path: str) -> Line | None:
        """The line that decides on the file, or None where none covers it."""
        covering = (each for each in reversed(self.lines) if matches(path, each.pattern))
        return next(covering, None)


def parse_owners(text: str) -> Owners:
    """The lines of a CODEOWNERS file. Raises `BadOwners` for one that GitHub would not take."""
    lines = []
    for number, line in enumerate(text.splitlines(), start=1):
        pattern, *owners = re.sub(r"(^|\s)#.*", "", line).split() or [""]
        if not pattern:
            continue
        if pattern.startswith(("!", "\\")) or "[" in pattern:
            raise BadOwners(number, f"`{pattern}`: CODEOWNERS knows no !, no [ ] and no \\")
        for owner in owners:
            if not _OWNER.fullmatch(owner):
                raise BadOwners(number, f"`{owner}` is no @user, no @organisation/team, no address")
        lines.append(Line(number, pattern, tuple(owners)))
    return Owners(tuple(lines))
