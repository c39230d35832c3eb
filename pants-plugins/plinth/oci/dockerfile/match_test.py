from __future__ import annotations

import pytest

from plinth.oci.dockerfile.match import BadPattern, is_pattern, matches


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        # The table of Go's own test of `filepath.Match`, as far as a Dockerfile can hold it.
        ("abc", "abc", True),
        ("*", "abc", True),
        ("*c", "abc", True),
        ("a*", "a", True),
        ("a*", "ab/c", False),
        ("a*/b", "abc/b", True),
        ("a*/b", "a/c/b", False),
        ("a*b*c*d*e*/f", "axbxcxdxe/f", True),
        ("a*b*c*d*e*/f", "axbxcxdxexxx/fff", False),
        ("a*b?c*x", "abxbbxdbxebxczzx", True),
        ("a*b?c*x", "abxbbxdbxebxczzy", False),
        ("ab[c]", "abc", True),
        ("ab[b-d]", "abc", True),
        ("ab[e-g]", "abc", False),
        ("ab[^c]", "abc", False),
        ("ab[^e-g]", "abc", True),
        ("a\\*b", "a*b", True),
        ("a\\*b", "ab", False),
        ("a?b", "a☺b", True),
        ("a[^a]b", "a☺b", True),
        ("a???b", "a☺b", False),
        ("[a-\u03b6]*", "\u03b1", True),
        ("*[a-\u03b6]", "A", False),
        ("a?b", "a/b", False),
        ("a*b", "a/b", False),
        ("a[^x]b", "a/b", False),
        ("[\\]a]", "]", True),
        ("[\\-x]", "-", True),
        ("[x\\-]", "z", False),
        ("*x", "xxx", True),
        ("[z-a]", "m", False),
        ("**", "ab", True),
        ("**/x", "a/b/x", False),
        ("a.b", "axb", False),
    ],
)
def test_matches_as_go_does(pattern: str, path: str, expected: bool) -> None:
    assert matches(pattern, path) is expected


@pytest.mark.parametrize(
    "pattern", ["[]a]", "[-]", "[x-]", "[-x]", "a[", "[a-b-c]", "[", "[^", "a\\"]
)
def test_refuses_what_go_refuses(pattern: str) -> None:
    with pytest.raises(BadPattern):
        matches(pattern, "a")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a*", True), ("a\\*", False), ("[", True), ("a?", True), ("\\\\*", True)],
)
def test_tells_a_pattern_from_a_name(text: str, expected: bool) -> None:
    assert is_pattern(text) is expected
