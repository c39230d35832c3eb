"""Every lock that dependabot.yml names comes through a bump of Dependabot's: one package moves.

One pin of a copy is moved back. Dependabot's own command must bring it forward again, to the very
bytes that are locked: then all else stayed, and `ci/lock --check` holds of it as of the original.
Whom the bump reaches is asked in tests/monorepo/every_distribution_test.py, for each package.
"""

from __future__ import annotations

import difflib
import importlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import uv
from locks_check.dependabot import IN, LOCK, options, update

from plinth.lockfile.check import problems
from plinth.lockfile.parse import parse

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "ci"))
table = importlib.import_module("locks.table")
ci_lock = importlib.import_module("lock")

RECIPES = {recipe.name: recipe for recipe in table.RECIPES}
# A package of each lock that nothing else of it pins.
MOVED = {
    "awscli": "pyasn1",
    "python": "idna",
    "build": "wheel",
    "builder": "zstandard",
    "cache": "buildgrid",
    "delivery": "idna",
    "lint": "ruff",
    "pants": "six",
    "pex": "pex",
    "plugins": "certifi",
    "pytest": "attrs",
    "release": "jmespath",
    "sam": "networkx",
    "uv": "uv",
}
# Locked without dependencies, which Dependabot cannot be told: the workflow `lock` renews it.
WITHOUT_DEPENDENCIES = {"emulator"}
UV = (uv.find_uv_bin(),)


def environment() -> dict[str, str]:
    """uv looks where pip does, and for no other Python than this one."""
    # An environment of Pants' has no pip.
    python = getattr(sys, "_base_executable", None) or sys.executable
    asked = (python, "-I", "-m", "pip", "config", "get", "global.index-url")
    index = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
    env = ci_lock.index_environment(os.environ, index or os.environ.get("PIP_INDEX_URL", ""))
    return {**env, "UV_PYTHON": sys.executable, "UV_PYTHON_DOWNLOADS": "never"}


def named_directories() -> set[str]:
    text = (ROOT / ".github/dependabot.yml").read_text()
    return set(re.findall(r"- /(3rdparty/\S+)", text))


def test_dependabot_is_told_of_every_lock_that_it_can_make() -> None:
    ours = {recipe.folder for name, recipe in RECIPES.items() if name not in WITHOUT_DEPENDENCIES}

    assert named_directories() == ours
    assert MOVED.keys() == RECIPES.keys() - WITHOUT_DEPENDENCIES


@pytest.mark.parametrize("name", sorted(MOVED))
def test_dependabot_takes_from_a_lock_what_it_was_made_with(name: str) -> None:
    recipe = RECIPES[name]
    taken = set(options((ROOT / recipe.lock).read_text()))

    assert taken - {"--build-isolation"} == {*recipe.options, f"--output-file={LOCK}"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where nothing of this repository can be found upwards."""
    return tmp_path / "somewhere"


@pytest.mark.parametrize("name", sorted(MOVED))
def test_a_bump_moves_its_package_alone(name: str, folder: Path) -> None:
    recipe, package = RECIPES[name], MOVED[name]
    folder.mkdir()
    for file in (IN, LOCK):
        shutil.copy2(ROOT / recipe.folder / file, folder / file)
    locked, asked = (folder / LOCK).read_text(), (folder / IN).read_text()
    (version,) = {
        each.version for each in parse(locked, LOCK).distributions if each.name == package
    }
    env = environment()
    move_back(folder, package, version, env)
    assert (folder / LOCK).read_text() != locked

    update(folder, package, version, UV, env)

    found = (folder / LOCK).read_text()
    moved = "\n".join(difflib.unified_diff(locked.splitlines(), found.splitlines(), lineterm=""))
    assert not moved
    assert (folder / IN).read_text() == asked
    assert problems(asked, found, LOCK, IN) == ()


def move_back(folder: Path, package: str, version: str, env: dict[str, str]) -> None:
    """The lock as it was before the package's newest version came out."""
    lock, requirements = folder / LOCK, folder / IN
    head = "".join(lock.read_text().splitlines(keepends=True)[:2])
    asked = requirements.read_text()
    older = re.sub(rf"(?m)^{package}==\S+", f"{package}<{version}", asked)
    requirements.write_text(older)
    command = (*UV, "pip", "compile", *options(lock.read_text()), "-P", f"{package}<{version}", IN)
    subprocess.run(command, cwd=folder, env=env, check=True, capture_output=True, text=True)
    text = re.sub(r"\A(#.*\n)*", "", lock.read_text())
    lock.write_text(head + text)
    (before,) = {each.version for each in parse(text, LOCK).distributions if each.name == package}
    requirements.write_text(re.sub(rf"(?m)^{package}==\S+", f"{package}=={before}", asked))
