from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from plinth.affected.formats.wrapped import COLUMNS, width, wrapped

words = st.text(st.characters(blacklist_categories=("Z", "C", "M")), min_size=1, max_size=100)


@given(st.lists(words, max_size=30))
def test_only_a_word_longer_than_a_line_makes_a_line_longer_and_none_is_lost(
    text: list[str],
) -> None:
    lines = list(wrapped(text, "  ", "    "))
    assert [word for line in lines for word in line.split()] == text
    for line in lines:
        assert width(line) <= COLUMNS or len(line.split()) == 1
    assert all(line.startswith("    ") for line in lines[1:])


def test_a_line_is_filled_to_its_last_column() -> None:
    assert list(wrapped(["a" * 40, "b" * 37, "c"], "  ", "    ")) == [
        f"  {'a' * 40} {'b' * 37}",
        "    c",
    ]


def test_a_wide_character_takes_two_columns() -> None:
    assert width("日本 é e\u0301") == 8
