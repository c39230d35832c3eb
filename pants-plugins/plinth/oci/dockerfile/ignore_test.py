from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plinth.oci.dockerfile.ignore import IgnoreError, IgnoreRules

PATHS = ("a.txt", "b.md", "d", "d/c.txt", "d/e", "d/e/f.txt", "node/x", ".hidden")


@pytest.mark.parametrize(
    ("text", "ignored"),
    [
        ("*.txt", {"a.txt"}),
        ("**/*.txt", {"a.txt", "d/c.txt", "d/e/f.txt"}),
        ("**/*.txt\n!d/e/f.txt", {"a.txt", "d/c.txt"}),
        ("d", {"d", "d/c.txt", "d/e", "d/e/f.txt"}),
        ("/d/\n!d/e", {"d", "d/c.txt"}),
        ("d/**", {"d/c.txt", "d/e", "d/e/f.txt"}),
        ("d/**/f.txt", {"d/e/f.txt"}),
        ("**", set(PATHS)),
        ("*\n!**/*.txt", {"b.md", "d", "d/e", "node/x", ".hidden"}),
        ("# *\n\n  b.md  ", {"b.md"}),
        ("!a.txt\n*.txt", {"a.txt"}),
        ("d/?\nnode/[!y]", {"d/e", "d/e/f.txt"}),
        ("d/../a.txt", {"a.txt"}),
        (".", set()),
        ("\ufeffb.md", {"b.md"}),
        ("d/e\n!d", {"d/e", "d/e/f.txt"}),
        ("d\n!d/e\nd/e/f.txt", {"d", "d/c.txt", "d/e/f.txt"}),
        ("*.txt\u2028!a.txt", set()),
        ("*.txt\r\n\u2003b.md\u2029\r\n", {"a.txt", "b.md"}),
        ("no**e", {"node/x"}),
    ],
)
def test_the_last_rule_that_matches_decides(text: str, ignored: set[str]) -> None:
    rules = IgnoreRules.parse(text.encode(), ".dockerignore")
    assert {path for path in PATHS if rules.ignores(path)} == ignored
    assert rules.kept(PATHS) == tuple(sorted(set(PATHS) - ignored))


@pytest.mark.parametrize(
    ("text", "message"),
    [("a\n!", ".dockerignore:2: ! stands alone"), ("[a", ".dockerignore:1: the pattern '.a' has")],
)
def test_errors_have_file_and_line(text: str, message: str) -> None:
    with pytest.raises(IgnoreError, match=message):
        IgnoreRules.parse(text.encode(), ".dockerignore")


@given(st.lists(st.sampled_from(PATHS)))
def test_a_plain_path_leaves_out_itself_and_what_is_in_it(lines: list[str]) -> None:
    rules = IgnoreRules.parse("\n".join(lines).encode(), ".dockerignore")
    for path in PATHS:
        within = any(path == line or path.startswith(line + "/") for line in lines)
        assert rules.ignores(path) == within


def test_what_is_not_utf_8_is_an_error_at_its_line_outside_comments() -> None:
    assert IgnoreRules.parse(b"# \xe9\n*.txt\n", "D").ignores("a.txt")
    with pytest.raises(IgnoreError, match=r"D:2: b'caf.xe9' is not UTF-8"):
        IgnoreRules.parse(b"a\ncaf\xe9\n", "D")
