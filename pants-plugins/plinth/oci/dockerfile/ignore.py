"""`.dockerignore`: which paths of a build context an image build does not see.

Patterns are Go's, with `**` for any number of directories; the last one that matches a path, or a
directory that it is in, decides, and `!` takes a path back in that is left out there. Source: the
Docker documentation, "Build context", `.dockerignore` files; moby/patternmatcher 0.6.1,
`MatchesUsingParentResults`, by which a current BuildKit walks a context from its top.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from re import Pattern

from plinth.oci.dockerfile.match import BadPattern, compiled
from plinth.oci.errors import OciError

_MARK = b"\xef\xbb\xbf"
# What Go takes for white space, which ends no line but the newline does.
_SPACES = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)


class IgnoreError(OciError):
    """A `.dockerignore` with a line that is no pattern."""


@dataclass(frozen=True)
class IgnoreRules:
    """The rules of a file, in order: the paths that match, and whether they are taken back in."""

    rules: tuple[tuple[Pattern[str], bool], ...] = ()

    @classmethod
    def parse(cls, content: bytes, path: str) -> IgnoreRules:
        """The rules in the file's content; `path` names it in errors. Raises `IgnoreError`."""
        rules = []
        for number, line in enumerate(content.removeprefix(_MARK).split(b"\n"), start=1):
            if line.startswith(b"#"):
                continue
            try:
                pattern = line.decode().strip(_SPACES)
            except UnicodeDecodeError as error:
                raise IgnoreError(f"{path}:{number}: {line!r} is not UTF-8") from error
            if not pattern:
                continue
            included = pattern.startswith("!")
            pattern = pattern[1:].strip(_SPACES) if included else pattern
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
        matched = [False] * len(self.rules)
        ignored = False
        for each in _from_the_top(path):
            ignored = False
            for at, (expression, included) in enumerate(self.rules):
                # A rule is asked only where it would change something. One that takes back what a
                # later path only is left out by has not matched the folders above it.
                if not matched[at] and ignored == included:
                    matched[at] = expression.fullmatch(each) is not None
                if matched[at]:
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


def _from_the_top(path: str) -> Iterator[str]:
    """The folders that the path is in, the outermost first, and itself."""
    parts = path.split("/")
    for end in range(1, len(parts) + 1):
        yield "/".join(parts[:end])
