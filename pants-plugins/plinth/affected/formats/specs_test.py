from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pants.base.specs import AddressLiteralSpec
from pants.base.specs_parser import SpecsParser

from plinth.affected.formats import specs
from plinth.affected.formats.samples import EMPTY, UNKNOWN, base_change
from plinth.affected.formats.strategies import answers
from plinth.affected.model import Answer

# What no folder or target of Pants may hold, or what makes a glob of an address.
_RESERVED = "/:@#!?\\=*,"
parts = st.text(min_size=1, max_size=12).filter(
    lambda part: not set(part) & set(_RESERVED) and part.strip(". ") == part
)


def test_one_line_for_each_target() -> None:
    assert specs.render(base_change(1)) == (
        "//base:image\n"
        "//src/ingestion/aws_test.py:tests\n"
        "//lambdas/fn_000:image\n"
        "//lambdas/fn_000:container_test\n"
    )


def test_nothing_and_everything_are_not_the_same() -> None:
    assert specs.render(EMPTY) == ""
    assert specs.render(UNKNOWN) == "//::\n"


@pytest.mark.parametrize(
    ("address", "spec"),
    [
        ("//:launcher", "//:launcher"),
        ("-x:image", "//-x:image"),
        ("a/b\nc/d_test.py:tests", "//a::"),
        ("a\n/b:image", "//::"),
        ("a/b:tests ", "//a::"),
    ],
)
def test_a_line_selects_the_target_or_more(address: str, spec: str) -> None:
    assert specs.spec(address) == spec


@given(st.lists(parts, min_size=1, max_size=3), parts)
def test_pants_reads_back_the_address(folders: list[str], name: str) -> None:
    address = f"{'/'.join(folders)}:{name}"
    parsed, is_ignored = SpecsParser(root_dir="/").parse_spec(specs.spec(address))
    assert not is_ignored
    if isinstance(parsed, AddressLiteralSpec):
        assert (parsed.path_component, parsed.target_component) == ("/".join(folders), name)
    else:
        assert not address.isprintable() or address != address.strip()


@given(answers())
def test_each_spec_has_a_line_of_its_own(answer: Answer) -> None:
    lines = specs.render(answer).splitlines()
    assert lines == [line.strip() for line in lines]
    assert all(line.startswith("//") for line in lines)
    assert len(lines) == max(len(answer.targets), bool(answer.everything))
