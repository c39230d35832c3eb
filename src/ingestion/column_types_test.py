from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.column_types import SIMPLE_TYPES, ColumnType

decimals = st.integers(1, 38).flatmap(
    lambda p: st.integers(0, p).map(lambda s: f"decimal({p},{s})")
)
type_names = (
    st.sampled_from(SIMPLE_TYPES)
    | decimals
    | st.integers(1, 255).map("char({})".format)
    | st.integers(1, 65535).map("varchar({})".format)
)


@given(type_names)
def test_a_type_reads_back(text: str) -> None:
    assert str(ColumnType.parse(text)) == text


@given(st.text(max_size=20))
def test_any_text_is_a_type_in_its_one_spelling_or_refused(text: str) -> None:
    with suppress(ValueError):
        assert str(ColumnType.parse(text)) == text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("integer", "is no column type; use one of tinyint"),
        ("INT", "in small letters"),
        ("decimal", "decimal\\(p,s\\)"),
        ("decimal(10, 2)", "without spaces"),
        ("decimal(0,0)", "1 to 38"),
        ("decimal(39,0)", "1 to 38"),
        ("decimal(2,3)", "at most that"),
        ("char(0)", "is no column type"),
        ("char(256)", "1 to 255"),
        ("varchar(65536)", "1 to 65535"),
        ("array<int>", "is no column type"),
    ],
)
def test_what_is_no_type_is_refused_with_the_valid_spellings(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        ColumnType.parse(text)
