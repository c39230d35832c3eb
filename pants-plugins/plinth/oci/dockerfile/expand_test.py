from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plinth.oci.dockerfile.expand import NEWER_SUBSTITUTION, ExpandError, expand, expand_words

VARIABLES = {"A": "a", "SPACED": "x  y", "EMPTY": "", "_1": "under", "PATH": "/bin"}


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("plain", "plain"),
        ("$A", "a"),
        ("${A}b$A", "aba"),
        ("$Ab", ""),
        ("$A-b", "a-b"),
        ("$_1", "under"),
        ("$1A", "A"),
        ("$$", ""),
        ("a$", "a$"),
        ("$%", "$%"),
        (r"\$A", "$A"),
        (r"a\ b", "a b"),
        (r"\\", "\\"),
        ("end\\", "end"),
        ("'$A'", "$A"),
        ('"$A"', "a"),
        (r'"\$A"', "$A"),
        (r'"\z"', r"\z"),
        (r'"q\"q"', 'q"q'),
        ("i'i\"i'", 'ii"i'),
        ('a"b c"d', "ab cd"),
        ("${NONE:-d}", "d"),
        ("${EMPTY:-d}", "d"),
        ("${A:-d}", "a"),
        ("${A:+d}", "d"),
        ("${NONE:+d}", ""),
        ("${NONE:-${EMPTY:-${A}}}", "a"),
        ('${NONE:-"q}"}', "q}"),
        ("${A:?must}", "a"),
        ("/x:$PATH", "/x:/bin"),
    ],
)
def test_expands_as_docker_does(word: str, expected: str) -> None:
    assert expand(word, VARIABLES) == expected


def test_the_backtick_may_be_the_escape() -> None:
    assert expand('\\x `$A "a`"b" $A', VARIABLES, "`") == '\\x $A a"b a'


@pytest.mark.parametrize(
    "word",
    ["${A", "${A:-x", "${}", "${:x}", "${A!x}", "${A:=x}", "'x", '"x', "${NONE:?why}", "${{A}}"],
)
def test_what_docker_refuses_is_an_error(word: str) -> None:
    with pytest.raises(ExpandError):
        expand(word, VARIABLES)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("a b", ("a", "b")),
        ("$SPACED", ("x", "y")),
        ('"$SPACED"', ("x  y",)),
        ("p$SPACED-q", ("px", "y-q")),
        (r"a\ b  c", ("a b", "c")),
        ("$EMPTY", ()),
        (" a ", ("a",)),
    ],
)
def test_splits_after_expanding(word: str, expected: tuple[str, ...]) -> None:
    assert expand_words(word, VARIABLES) == expected


@given(st.text(alphabet=st.characters(blacklist_characters="$'\"\\", blacklist_categories=("Cs",))))
def test_a_word_without_special_characters_stands_for_itself(word: str) -> None:
    assert expand(word, VARIABLES) == word


@given(st.text())
def test_single_quotes_and_escapes_keep_every_character(text: str) -> None:
    assert expand("".join("\\" + char for char in text), VARIABLES) == text


@pytest.mark.parametrize("text", ["${A#x}", "${A-x}", "${A%%.*}", "${A/x/y}", "x${A?}"])
def test_substitutions_of_newer_builders_are_recognised(text: str) -> None:
    assert NEWER_SUBSTITUTION.search(text)
    assert not NEWER_SUBSTITUTION.search("${A:-x} $A ${A} ${A:+#}")
