"""Locks made by the real uv, from an index of tiny wheels in a folder."""

from __future__ import annotations

import importlib
import os
import shutil
import sys
from pathlib import Path

import pytest
import uv

from plinth.layers.testing.wheels_fake import make_wheel

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "ci"))
make = importlib.import_module("locks.make")
table = importlib.import_module("locks.table")

RECIPES = [table.LockRecipe("a", "3.9"), table.LockRecipe("b", "3.9")]


class Locks:
    """Two requirements files, their locks, and the index that these are made from."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._index = root / "index"

    def release(self, name: str, version: str, *requires: str) -> None:
        folder = self._index / name
        make_wheel(folder, name, {f"{name}.py": ""}, version=version, requires=requires)
        links = "".join(
            f'<a href="{path.name}">{path.name}</a>\n' for path in sorted(folder.glob("*.whl"))
        )
        (folder / "index.html").write_text(f"<!DOCTYPE html><html><body>{links}</body></html>")

    def ask(self, lock: str, *requirements: str) -> None:
        (self.root / lock).mkdir(exist_ok=True)
        (self.root / lock / "requirements.in").write_text("\n".join((*requirements, "")))

    def make(self, *packages: str, upgrade: bool = False) -> bool:
        done: bool = make.make(self.root, RECIPES, uv.find_uv_bin(), upgrade, packages)
        return done

    def text(self, lock: str) -> str:
        return (self.root / lock / "requirements.txt").read_text()


@pytest.fixture
def locks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Locks:
    """`a` and `b` lock boto 1, which requires core 1; `b` has tool 1 too. Each is out as 2."""
    for name in [name for name in os.environ if name.startswith("UV_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("UV_DEFAULT_INDEX", (tmp_path / "index").as_uri())
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("UV_PYTHON", sys.executable)
    monkeypatch.setenv("UV_NO_CONFIG", "1")
    found = Locks(tmp_path)
    found.ask("a", "boto")
    found.ask("b", "boto", "tool")
    for version in ("1.0", "2.0"):
        found.release("core", version)
        found.release("boto", version, f"core=={version}")
        found.release("tool", version)
        if version == "1.0":
            assert found.make()
    # uv keeps what it read of an index for ten minutes.
    shutil.rmtree(tmp_path / "cache")
    capsys.readouterr()
    return found


def test_a_bump_moves_the_package_and_what_it_requires(
    locks: Locks, capsys: pytest.CaptureFixture[str]
) -> None:
    assert locks.make("boto")

    moved = "  boto 1.0 → 2.0\n  core 1.0 → 2.0\n"
    assert capsys.readouterr().out == f"a/requirements.txt\n{moved}b/requirements.txt\n{moved}"
    assert "tool==1.0" in locks.text("b")


def test_only_locks_that_hold_the_package_are_made(
    locks: Locks, capsys: pytest.CaptureFixture[str]
) -> None:
    before = locks.text("a")

    assert locks.make("Tool")

    told = capsys.readouterr()
    assert (told.out, told.err) == (
        "b/requirements.txt\n  tool 1.0 → 2.0\n",
        "Asking the index about 1 lock.\n",
    )
    assert locks.text("a") == before


def test_a_package_that_is_the_newest_has_nothing_newer(
    locks: Locks, capsys: pytest.CaptureFixture[str]
) -> None:
    locks.make("tool")
    capsys.readouterr()

    assert locks.make("tool")

    assert capsys.readouterr().out == "b/requirements.txt\n  tool 2.0: nothing newer\n"


def test_a_limit_in_the_requirements_is_named(
    locks: Locks, capsys: pytest.CaptureFixture[str]
) -> None:
    locks.ask("b", "boto", "tool<2")

    assert locks.make("tool")

    said = capsys.readouterr().out
    assert (
        said
        == "b/requirements.txt\n  tool 1.0: nothing newer that b/requirements.in allows: tool<2\n"
    )


def test_one_version_can_be_asked_for(locks: Locks, capsys: pytest.CaptureFixture[str]) -> None:
    locks.release("tool", "3.0")

    assert locks.make("tool==2.0")

    assert capsys.readouterr().out == "b/requirements.txt\n  tool 1.0 → 2.0\n"


def test_an_unknown_name_is_an_error_with_a_suggestion(locks: Locks) -> None:
    before = locks.text("a")

    with pytest.raises(make.MakeError) as error:
        locks.make("boto", "bota", "zzz")

    assert str(error.value).splitlines() == [
        "No lock has bota. Did you mean boto?",
        "No lock has zzz.",
        "To add a package, write it into 3rdparty/python/requirements.in and run `make lock`.",
    ]
    assert locks.text("a") == before


def test_a_line_that_was_added_is_all_that_moves(
    locks: Locks, capsys: pytest.CaptureFixture[str]
) -> None:
    locks.ask("a", "boto", "tool")

    assert locks.make()

    assert (
        capsys.readouterr().out
        == "a/requirements.txt\n  tool 2.0 new\nb/requirements.txt\n  nothing moved\n"
    )


def test_a_lock_that_cannot_be_made_stays_and_the_others_are_made(
    locks: Locks, capsys: pytest.CaptureFixture[str]
) -> None:
    locks.ask("a", "boto", "absent")
    before = locks.text("a")

    assert not locks.make(upgrade=True)

    told = capsys.readouterr()
    assert "absent" in told.err
    assert "a/requirements.txt stays as it was." in told.err
    assert "tool 1.0 → 2.0" in told.out
    assert locks.text("a") == before
