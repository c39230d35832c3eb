from __future__ import annotations

from plinth.layers.unowned import Unowned, complaint

LOCK = "3rdparty/python/requirements.txt"


def said(**more: tuple[str, ...]) -> str:
    return complaint((Unowned("src/a/b.py", 3, "pandas.io", **more),), "python-default", LOCK)


def test_a_package_names_the_file_to_edit_and_the_command() -> None:
    text = said()
    assert text.startswith("src/a/b.py:3: nothing provides `pandas.io`")
    assert "add the package to 3rdparty/python/requirements.in and run `make lock`" in text
    assert "`module_mapping` in 3rdparty/python/BUILD names `pandas`" in text


def test_a_file_that_no_target_owns_names_its_build_file() -> None:
    assert "add `python_sources()` to src/pandas/BUILD." in said(files=("src/pandas/io.py",))


def test_another_resolve_is_named() -> None:
    assert "It is in the resolve `delivery`" in said(resolves=("delivery",))


def test_a_slip_of_the_pen_is_answered() -> None:
    assert "Did you mean" not in said(known=("boto3",))
    assert "Did you mean `pandas.ios`?" in said(known=("boto3", "pandas.ios"))
    assert "Did you mean `panda`?" in said(known=("boto3", "panda"))


def test_the_way_around_is_no_way() -> None:
    assert "`# pants: no-infer-dep` would only silence this" in said()


def test_each_import_has_a_line() -> None:
    text = complaint((Unowned("a.py", 1, "x"), Unowned("a.py", 2, "y")), "python-default", LOCK)
    assert [line.partition(" ")[0] for line in text.splitlines()[:2]] == ["a.py:1:", "a.py:2:"]
