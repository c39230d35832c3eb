from __future__ import annotations

import os

import pytest

from tools.support import ROOT, load, run

lock = load("lock", "ci")
table = load("locks.table", "ci")


def test_pips_index_is_uvs_where_it_has_none_of_its_own() -> None:
    given = lock.index_environment({"HOME": "/home"}, "https://index.test/simple")

    assert given == {"HOME": "/home", "UV_DEFAULT_INDEX": "https://index.test/simple"}


def test_uvs_own_index_stays() -> None:
    env = {"UV_INDEX_URL": "https://uv.test/simple"}

    assert lock.index_environment(env, "https://index.test/simple") == env
    assert lock.index_environment({}, "") == {}


def test_what_is_locked_stays_unless_an_upgrade_is_asked_for() -> None:
    (recipe,) = (recipe for recipe in table.RECIPES if recipe.name == "python")

    kept = recipe.command("uv", "python3.9", ())
    upgraded = recipe.command("uv", "python3.9", ("--upgrade-package", "boto3"))

    assert not any(word.startswith("--upgrade") for word in kept)
    assert kept[-2:] == ("--output-file=requirements.txt", "requirements.in")
    assert "--upgrade-package" in upgraded


def test_every_lock_has_hashes_and_no_index() -> None:
    for recipe in table.RECIPES:
        command = recipe.command("uv", "python3.9", ())
        assert "--generate-hashes" in command
        assert command[command.index("--python") + 1] == "python3.9"
        assert not any("index" in word for word in command)


def test_locks_are_asked_for_by_the_name_of_their_folder() -> None:
    names = [recipe.name for recipe in table.RECIPES]

    assert len(set(names)) == len(names)
    for recipe in table.RECIPES:
        assert (ROOT / recipe.requirements).is_file()


def test_a_lock_that_is_not_there_is_an_error_with_a_suggestion(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as ended:
        lock.main(["pyton"])

    assert ended.value.code == 2
    assert "no lock is called pyton. Did you mean python?" in capsys.readouterr().err


def test_a_bump_asks_which_package() -> None:
    made = run(["make", "-C", ROOT, "bump"], os.environ)

    assert made.returncode == 2
    assert "which one? make bump PACKAGE=boto3" in made.stderr


def test_a_bump_may_name_several_packages() -> None:
    made = run(["make", "-C", ROOT, "--dry-run", "bump", "PACKAGE=boto3 moto"], os.environ)

    assert made.stdout.splitlines()[-1 if "Leaving" not in made.stdout else -2] == (
        "ci/lock --upgrade-package boto3 --upgrade-package moto"
    )
