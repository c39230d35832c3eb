"""Runs with the plugins' packages: the check stands on `plinth.lockfile`."""

from __future__ import annotations

import importlib
import shutil
import sys
from pathlib import Path

import pytest

from plinth.lockfile.distribution import Lock
from plinth.lockfile.environment import RUNTIME
from plinth.lockfile.parse import parse

ROOT = Path(__file__).resolve().parents[2]
# `ci` holds programs and is no source root: this finds its modules as they find each other.
sys.path.insert(0, str(ROOT / "ci"))
check = importlib.import_module("locks.check")

_HASH = f"--hash=sha256:{'0' * 64}"


@pytest.fixture
def locks(tmp_path: Path) -> Path:
    """A copy of this repository's own locks, to break."""
    for folder in ("3rdparty/tools", "3rdparty/python"):
        shutil.copytree(
            ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("*.py", "BUILD")
        )
    return tmp_path


def lock(path: str, *lines: str) -> Lock:
    return parse("".join(f"{line} {_HASH}\n    # via -r a.in\n" for line in lines), path)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_this_repositorys_locks_are_sound(locks: Path) -> None:
    assert check.check(locks) == ()


def test_a_requirement_that_was_added_makes_the_lock_stale(locks: Path) -> None:
    path = locks / "3rdparty/python/requirements.in"
    path.write_text(path.read_text() + "sqlalchemy\n")

    (problem,) = check.check(locks)

    assert "sqlalchemy is not in 3rdparty/python/requirements.txt. Run `make lock`." in problem


def test_a_distribution_without_a_hash_is_found(locks: Path) -> None:
    path = locks / "3rdparty/tools/uv/requirements.txt"
    head = [line for line in path.read_text().splitlines() if not line.strip().startswith("--hash")]
    path.write_text("\n".join(head).replace(" \\", "") + "\n")

    assert any("uv has no hash" in problem for problem in check.check(locks))


def test_a_distribution_without_its_edges_is_found(locks: Path) -> None:
    edit(locks / "3rdparty/tools/pex/requirements.txt", "    # via -r requirements.in\n", "")

    assert any("has no `# via`" in problem for problem in check.check(locks))


def test_an_index_in_a_lock_is_found(locks: Path) -> None:
    path = locks / "3rdparty/python/requirements.txt"
    path.write_text("--index-url https://index.test/simple\n" + path.read_text())

    assert any("names a URL or an index" in problem for problem in check.check(locks))


def test_requirements_that_nobody_locks_are_found(locks: Path) -> None:
    (locks / "3rdparty/tools/new").mkdir()
    (locks / "3rdparty/tools/new/requirements.in").write_text("new\n")

    assert check.check(locks) == (
        "3rdparty/tools/new/requirements.in is locked by nobody. Add it to ci/locks/table.py.",
    )


def test_a_head_that_would_mislead_an_updater_is_found(locks: Path) -> None:
    edit(locks / "3rdparty/tools/pytest/requirements.txt", "--python-version=3.9", "-p 3.9")

    (problem,) = check.check(locks)

    assert "3rdparty/tools/pytest/requirements.txt has another head than" in problem


def test_a_lock_that_is_gone_is_found(locks: Path) -> None:
    (locks / "3rdparty/tools/lint/requirements.txt").unlink()

    (problem,) = check.check(locks)

    assert "lint/requirements.txt does not exist. Run `make lock`" in problem


def test_what_two_locks_share_must_be_one_version() -> None:
    one = lock("one.txt", "pytest==8.4.2", "pluggy==1.6.0", "only-here==1")
    other = lock("other.txt", "pytest==8.4.2", "pluggy==1.7.0")

    (problem,) = check.disagreements(one, other, RUNTIME)

    assert problem.startswith("one.txt has pluggy 1.6.0 and other.txt has 1.7.0")


def test_a_version_for_another_python_is_no_disagreement() -> None:
    one = lock(
        "one.txt",
        "pluggy==1.6.0 ; python_full_version < '3.10'",
        "pluggy==1.7.0 ; python_full_version >= '3.10'",
    )

    assert not list(check.disagreements(one, lock("other.txt", "pluggy==1.7.0"), RUNTIME))
