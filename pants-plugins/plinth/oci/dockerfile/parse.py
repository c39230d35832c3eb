"""The text of a Dockerfile as statements: lines joined, comments gone, flags and arguments apart.

What the arguments of each instruction mean is in `instructions.py`. Source: the Dockerfile
reference, "Format" and "Parser directives".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from plinth.oci.errors import OciError

_DIRECTIVE = re.compile(r"#\s*([A-Za-z][A-Za-z0-9]*)\s*=\s*(.+?)\s*")
_DIRECTIVES = ("syntax", "escape", "check")
_HEREDOC = re.compile(r"(?:^|\s)[0-9]*<<(-?)(['\"]?)([A-Za-z0-9_.]+)\2(?=\s|$)")
# The halves of a pair of UTF-16; and what stands for a byte that is not UTF-8.
_HALF_A_PAIR = re.compile("[\ud800-\udfff]")
_TAKES_HEREDOC = ("ADD", "COPY", "RUN")


class DockerfileError(OciError):
    """A Dockerfile that is malformed, or asks for what no builder would do."""

    def __init__(self, where: str, message: str) -> None:
        super().__init__(f"{where}: {message}")


@dataclass(frozen=True)
class Statement:
    """One instruction: its upper-case keyword, its `--flags` and the text that follows them.

    `where` is `path:line` of its first line. `heredoc` tells that lines below it belong to it.
    """

    where: str
    keyword: str
    flags: tuple[str, ...]
    rest: str
    escape: str
    heredoc: bool = False

    @property
    def line(self) -> int:
        """The line in the Dockerfile, from 1."""
        return int(self.where.rpartition(":")[2])

    @property
    def text(self) -> str:
        """The instruction on one line, as it stands in an image's history."""
        return " ".join((self.keyword, *self.flags, *filter(None, [self.rest])))

    def error(self, message: str) -> DockerfileError:
        """An error at this statement's line."""
        return DockerfileError(self.where, f"{self.keyword}: {message}")

    def words(self) -> tuple[str, ...]:
        """The rest split at spaces outside quotes; quotes and escapes stay in the words."""
        escaped = re.escape(self.escape)
        word = rf"""(?:{escaped}.|"(?:{escaped}.|[^"])*(?:"|$)|'[^']*(?:'|$)|[^\s{escaped}])+"""
        return tuple(re.findall(word, self.rest, re.DOTALL))

    def fields(self) -> tuple[str, ...]:
        """The rest split at every run of spaces."""
        return tuple(self.rest.split())

    def exec_form(self) -> tuple[str, ...] | None:
        """The strings of the JSON array that the rest is, or None when it is none.

        What only half stands for a character (`\\ud800`) becomes U+FFFD, as in Go.
        """
        try:
            value = json.loads(self.rest, parse_constant=_no_constant)
        except (ValueError, RecursionError):
            return None
        if not isinstance(value, list):
            return None
        if not all(isinstance(item, str) for item in value):
            raise self.error(f"the JSON array {self.rest} holds something that is not a string")
        return tuple(_HALF_A_PAIR.sub("\ufffd", item) for item in value)


@dataclass(frozen=True)
class Dockerfile:
    """A parsed Dockerfile. `syntax` is the builder that it asks for, if any."""

    path: str
    statements: tuple[Statement, ...]
    syntax: str | None = None


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def parse_dockerfile(content: bytes, path: str) -> Dockerfile:
    """The statements of a Dockerfile; `path` names it in errors. Raises `DockerfileError`."""
    text = content.removeprefix(b"\xef\xbb\xbf").decode(errors="surrogateescape")
    lines = text.replace("\r\n", "\n").split("\n")
    directives = _directives(lines, path)
    statements = tuple(_statements(lines, path, directives.get("escape", "\\")))
    if not statements:
        raise DockerfileError(f"{path}:1", "the file has no instruction; begin it with FROM")
    return Dockerfile(path, statements, directives.get("syntax"))


def _directives(lines: list[str], path: str) -> dict[str, str]:
    """The parser directives, which stand above everything else."""
    found: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        match = _DIRECTIVE.fullmatch(line.strip())
        name, value = (match.group(1).lower(), match.group(2)) if match else ("", "")
        if name not in _DIRECTIVES:
            break
        if name in found:
            raise DockerfileError(f"{path}:{number}", f"the directive {name} is there twice")
        if name == "escape" and value not in ("\\", "`"):
            raise DockerfileError(
                f"{path}:{number}", f"the escape character {value!r} is neither \\ nor `"
            )
        found[name] = value
    return found


def _statements(lines: list[str], path: str, escape: str) -> Iterator[Statement]:
    continued = re.compile(rf"(^|[^{re.escape(escape)}]){re.escape(escape)}[ \t]*$")
    at = 0
    while at < len(lines):
        where, line = f"{path}:{at + 1}", _without_comment(lines[at]).lstrip()
        at += 1
        while continued.search(line) and at < len(lines):
            # Comments and blank lines between continued lines do not end the instruction.
            following = _without_comment(lines[at])
            at += 1
            if following.strip():
                line = continued.sub(r"\1", line) + following
        line = continued.sub(r"\1", line).strip()
        if not line:
            continue
        if _HALF_A_PAIR.search(line):
            raise DockerfileError(where, f"{line!a} is not UTF-8; save the file as UTF-8")
        statement = _statement(where, line, escape)
        for end in _heredocs(statement):
            at = _after_heredoc(lines, at, end, statement)
        yield statement


def _without_comment(line: str) -> str:
    return "" if line.lstrip().startswith("#") else line


def _statement(where: str, line: str, escape: str) -> Statement:
    keyword, rest = (*re.split(r"[\t\v\f\r ]+", line, maxsplit=1), "")[:2]
    flags, rest = _flags(rest)
    statement = Statement(where, keyword.upper(), tuple(flags), rest.strip(), escape)
    if not _heredocs(statement):
        return statement
    return Statement(where, keyword.upper(), tuple(flags), rest.strip(), escape, heredoc=True)


def _flags(rest: str) -> tuple[list[str], str]:
    """The leading words that begin with `--`, without their quotes, and what follows them."""
    flags: list[str] = []
    rest = rest.lstrip()
    while rest.startswith("--"):
        match = re.match(r"""(?:\\.|"(?:\\.|[^"])*(?:"|$)|'(?:\\.|[^'])*(?:'|$)|[^\s])+""", rest)
        assert match is not None, "the rest begins with two characters that are not spaces"
        rest = rest[match.end() :].lstrip()
        if match.group() == "--":
            break
        flags.append(re.sub(r"\\(.)|[\"']", r"\1", match.group()))
    return flags, rest


def _heredocs(statement: Statement) -> list[tuple[bool, str]]:
    """The here-documents that begin on the line: whether tabs are stripped, and their end."""
    inner = re.match(r"(?i)\s*(ADD|COPY|RUN)\s", statement.rest)
    takes = statement.keyword in _TAKES_HEREDOC or (statement.keyword == "ONBUILD" and inner)
    if not takes or "<<" not in statement.rest or statement.rest.startswith("["):
        return []
    return [(dash == "-", end) for dash, _, end in _HEREDOC.findall(statement.rest)]


def _after_heredoc(lines: list[str], at: int, end: tuple[bool, str], statement: Statement) -> int:
    """The index of the line after the here-document that begins at `at`."""
    strip_tabs, word = end
    for number in range(at, len(lines)):
        if (lines[number].lstrip("\t") if strip_tabs else lines[number]) == word:
            return number + 1
    raise statement.error(f"the here-document does not end: no line below it is {word}")
