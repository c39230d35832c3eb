from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plinth.oci.dockerfile.parse import DockerfileError, Statement, parse_dockerfile


def statements(text: str) -> tuple[Statement, ...]:
    return parse_dockerfile(text.encode(), "Dockerfile").statements


def test_lines_are_joined_and_numbered_by_their_first() -> None:
    text = "# c\nFROM scratch\n\nENV A=1 \\\n# within\n\n  B=2 \\  \n  C=3\n  label x=y\n"
    assert [(s.line, s.keyword, s.rest) for s in statements(text)] == [
        (2, "FROM", "scratch"),
        (4, "ENV", "A=1   B=2   C=3"),
        (9, "LABEL", "x=y"),
    ]


def test_an_escaped_escape_ends_the_line() -> None:
    assert [s.rest for s in statements("ENV A=1\\\\\nENV B=2\\\n")] == ["A=1\\\\", "B=2"]


def test_directives_stand_above_all_else() -> None:
    parsed = parse_dockerfile(b"# syntax = docker/dockerfile:1\n# ESCAPE=`\nENV A=1 `\n B=2", "D")
    assert parsed.syntax == "docker/dockerfile:1"
    assert [(s.escape, s.rest) for s in parsed.statements] == [("`", "A=1  B=2")]
    for above in ("# note", "# note=1", ""):
        assert statements(f"{above}\n# escape=`\nENV A=1 `\nENV B=2")[0].escape == "\\"


@pytest.mark.parametrize(
    ("line", "flags", "rest"),
    [
        ("COPY --chown=1 --chmod=2 a b", ("--chown=1", "--chmod=2"), "a b"),
        ("COPY a --chown=1 b", (), "a --chown=1 b"),
        ("COPY -- --a b", (), "--a b"),
        ("COPY --x='a b' c\\ d", ("--x=a b",), "c\\ d"),
        ("COPY --x=a\\ b c", ("--x=a b",), "c"),
        ("COPY -a b", (), "-a b"),
    ],
)
def test_flags_come_first(line: str, flags: tuple[str, ...], rest: str) -> None:
    (statement,) = statements(line)
    assert (statement.flags, statement.rest) == (flags, rest)


@pytest.mark.parametrize(
    ("rest", "words"),
    [
        ("a  b", ("a", "b")),
        ('a="b c" d', ('a="b c"', "d")),
        ("a='b \\' c", ("a='b \\'", "c")),
        ('a="b \\" c" d', ('a="b \\" c"', "d")),
        ("a\\ b c", ("a\\ b", "c")),
        ('a="b c', ('a="b c',)),
        ('x"" y', ('x""', "y")),
    ],
)
def test_words_keep_their_quotes(rest: str, words: tuple[str, ...]) -> None:
    assert statements(f"ENV {rest}")[0].words() == words


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        ('["a", "b\\n"]', ("a", "b\n")),
        ('[ "a" ] more', None),
        ("[NaN]", None),
        ("[" * 100_000, None),
        ('["\\ud800x", "\\ud83d\\ude00"]', ("\ufffdx", "\U0001f600")),
        ("[]", ()),
        ("['a']", None),
        ("a b", None),
        ('"a"', None),
    ],
)
def test_exec_form(rest: str, expected: tuple[str, ...] | None) -> None:
    assert statements(f"CMD {rest}")[0].exec_form() == expected


def test_what_is_not_utf_8_is_an_error_at_its_line_outside_comments() -> None:
    found = parse_dockerfile(b"# caf\xe9\nFROM scratch\nENV A=1 \\\n# \xe9\n B=2\n", "D").statements
    assert [statement.text for statement in found] == ["FROM scratch", "ENV A=1  B=2"]
    with pytest.raises(DockerfileError, match=r"D:2: 'ENV A=caf.udce9' is not UTF-8; save the fil"):
        parse_dockerfile(b"FROM scratch\nENV A=caf\xe9\n", "D")


def test_an_array_of_other_things_is_an_error() -> None:
    with pytest.raises(DockerfileError, match="Dockerfile:1: CMD: the JSON array"):
        statements("CMD [1]")[0].exec_form()


def test_here_documents_are_part_of_their_instruction() -> None:
    text = "COPY <<A <<-'B' /x/\nENV no\nA\n\tmore\n\tB\nENV yes=1\nRUN x <<< y\nENV <<A=1"
    found = statements(text)
    assert [(s.line, s.keyword, s.heredoc) for s in found] == [
        (1, "COPY", True),
        (6, "ENV", False),
        (7, "RUN", False),
        (8, "ENV", False),
    ]


@given(st.lists(st.from_regex(r"[A-Z]{2,8} [a-z0-9=]{1,9}", fullmatch=True), min_size=1))
def test_every_line_is_a_statement_at_its_place(lines: list[str]) -> None:
    found = statements("\n".join(lines))
    assert [s.text for s in found] == lines
    assert [s.line for s in found] == list(range(1, len(lines) + 1))


@given(st.text())
def test_any_text_is_parsed_or_refused(text: str) -> None:
    with contextlib.suppress(DockerfileError):
        for statement in statements(text):
            statement.words()
            statement.exec_form()
