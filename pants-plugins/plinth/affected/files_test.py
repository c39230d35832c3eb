from __future__ import annotations

import os
from pathlib import Path

import pytest

from plinth.affected.contents import Layers
from plinth.affected.files import (
    Modules,
    content_cause,
    leavers,
    linked,
    meaning_cause,
    owned,
    rivals,
    symlink_targets,
    takers,
)
from plinth.affected.graphs import REPOSITORY, graph, node
from plinth.affected.model import Change

NAMES = {
    "src/library/gone.py": "library.gone",
    "src/library/__init__.py": "library",
    "lambdas/orders/gone.py": "orders.gone",
}
MODULES = Modules(
    NAMES,
    {
        "whole": ("library.gone",),
        "part": ("library.gone.Thing",),
        "package": ("library",),
        "near": ("library.gone_too",),
    },
)
EDIT = Change("file", "edited")


def gone(file: str, *, was_empty: bool = False) -> frozenset[str]:
    return leavers(REPOSITORY, file, MODULES, was_empty=was_empty)


def test_a_module_that_is_gone_is_missed_by_those_that_name_it_or_something_in_it() -> None:
    assert gone("src/library/gone.py") == {"whole", "part"}
    assert gone("lambdas/orders/gone.py") == frozenset()
    assert gone("src/library/data.sql") == frozenset()


def test_an_init_that_is_gone_is_missed_by_all_code_below_if_there_was_something_in_it() -> None:
    assert gone("src/library/__init__.py", was_empty=True) == {"package"}
    with_content = gone("src/library/__init__.py")
    assert {
        "package",
        "whole",
        "src/library/aws.py",
        "src/library/aws_test.py:tests",
    } <= with_content
    assert not any(spec.startswith("lambdas/") for spec in with_content)


def test_a_conftest_that_is_gone_is_missed_by_the_tests_below() -> None:
    tests = {
        f"lambdas/{n}/{f}.py:tests"
        for n in ("orders", "reports")
        for f in ("handler_test", "container_test")
    }
    assert gone("lambdas/conftest.py") == tests
    assert gone("lambdas/orders/conftest.py") == {t for t in tests if "orders" in t}
    assert gone("conftest.py") == {*tests, "src/library/aws_test.py:tests"}


def test_globs_take_files_that_are_not_there() -> None:
    assert takers(REPOSITORY, "src/library/gone.py") == {"src/library:library"}
    assert takers(REPOSITORY, "src/library/gone_test.py") == frozenset()
    assert takers(REPOSITORY, "src/gone.py") == frozenset()


def test_what_is_compared_by_meaning_is_not_owned_byte_by_byte() -> None:
    of = graph(
        node("debian:root", alias="debian_root", file="lock"),
        node("image", alias="docker_image", file="lock"),
        node("lock:files", alias="file", file="lock"),
    )
    assert owned(of, "lock") == {"lock:files"}


def test_a_files_content_is_for_the_layers_that_hold_it_and_its_meaning_for_all_that_need_it() -> (
    None
):
    layers, handler = Layers(REPOSITORY), frozenset({"src/library/arrow.py"})
    assert content_cause(EDIT, handler, layers).layers == {"base:library"}
    assert "lambdas/reports:third_party" in meaning_cause(EDIT, handler, layers).layers


@pytest.mark.parametrize(
    ("file", "rival"),
    [
        ("lambdas/library/aws.py", True),
        ("lambdas/library/aws/__init__.py", True),
        ("src/library/aws.pyi", True),
        ("lambdas/orders/new.py", False),
        # The same file, and not another.
        ("src/library/arrow.py", False),
    ],
)
def test_a_module_may_have_a_rival_by_its_name(file: str, rival: bool) -> None:
    assert rivals(REPOSITORY, file) is rival


def test_links_lead_to_files_and_into_folders(tmp_path: Path) -> None:
    (tmp_path / "shared/deep").mkdir(parents=True)
    (tmp_path / "folder").symlink_to("shared")
    (tmp_path / "file").symlink_to("shared/deep/a.py")
    (tmp_path / "twice").symlink_to("folder")
    (tmp_path / "out").symlink_to(os.path.dirname(tmp_path))
    links = symlink_targets(str(tmp_path), ["folder", "file", "twice", "out"])
    assert links == {"folder": "shared", "file": "shared/deep/a.py", "twice": "shared"}
    assert linked("shared/deep/a.py", links) == ("file", "folder/deep/a.py", "twice/deep/a.py")
    assert linked("shared_too/a.py", links) == ()
