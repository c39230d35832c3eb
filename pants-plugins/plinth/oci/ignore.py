"""`.dockerignore`: which paths of a build context an image build does not see.

Patterns are Go's, with `**` for any number of directories; the last one that matches a path, or a
directory that it is in, decides, and `!` takes a path back in. Source: the Docker documentation,
"Build context", `.dockerignore` files.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from re import Pattern

from plinth.oci.errors import OciError
from plinth.oci.match import BadPattern, compiled


class IgnoreError(OciError):
    """A `.dockerignore` with a line that is no pattern."""


@dataclass(frozen=True)
class IgnoreRules:
    """The rules of a file, in order: the paths that match, and whether they are taken back in."""

    rules: tuple[tuple[Pattern[str], bool], ...] = ()

    @classmethod
    def parse(cls, text: str, path: str) -> IgnoreRules:
        """The rules in `text`; `path` names the file in errors. Raises `IgnoreError`."""
        rules = []
        for number, line in enumerate(text.lstrip("\ufeff").splitlines(), start=1):
            pattern = line.strip()
            if not pattern or line.startswith("#"):
                continue
            included = pattern.startswith("!")
            pattern = pattern[1:].strip() if included else pattern
            if not pattern:
                raise IgnoreError(f"{path}:{number}: ! stands alone; write the pattern after it")
            clean = posixpath.normpath(pattern)
            try:
                rules.append((_expression(clean.lstrip("/") or "/"), included))
            except BadPattern as error:
                raise IgnoreError(f"{path}:{number}: {error}") from error
        return cls(tuple(rules))

    def ignores(self, path: str) -> bool:
        """Whether the file or directory at `path` is left out."""
        ignored = False
        for expression, included in self.rules:
            if ignored == included and any(map(expression.fullmatch, _with_parents(path))):
                ignored = not included
        return ignored

    def kept(self, paths: Iterable[str]) -> tuple[str, ...]:
        """Those of the paths that are not left out, sorted."""
        return tuple(sorted(path for path in paths if not self.ignores(path)))


def _expression(pattern: str) -> Pattern[str]:
    """As `match.compiled`, and `**` matches any number of directories, none included."""
    parts = pattern.split("/")
    expression = ""
    for at, part in enumerate(parts):
        last = at == len(parts) - 1
        if part == "**":
            expression += ".*" if last else "(?:.*/)?"
            continue
        pieces = [compiled(piece).pattern if piece else "" for piece in part.split("**")]
        expression += ".*".join(pieces) + ("" if last else "/")
    return re.compile(expression, re.DOTALL)


def _with_parents(path: str) -> Iterator[str]:
    while path:
        yield path
        path = posixpath.dirname(path)
