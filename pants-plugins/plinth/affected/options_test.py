from __future__ import annotations

import pytest

from plinth.affected.errors import NotKnown
from plinth.affected.options import Reach, changed_options

BEFORE = """\
[GLOBAL]
pants_version = "2.17.1"
level = "info"

[python]
interpreter_constraints = ["CPython==3.11.*"]

[python.resolves]
python-default = "lock.txt"

[pytest]
args = []
"""


def changed(old: str, new: str) -> dict[str, Reach]:
    assert old in BEFORE
    return dict(changed_options("pants.toml", BEFORE, BEFORE.replace(old, new)))


def test_a_comment_and_another_layout_change_no_option() -> None:
    assert changed('level = "info"', "# Why.\nlevel   =   'info'\n") == {}
    assert changed('["CPython==3.11.*"]', '[\n    "CPython==3.11.*",\n]') == {}


def test_how_pants_shows_itself_reaches_nothing() -> None:
    assert changed('level = "info"', 'level = "debug"') == {"[GLOBAL] level": Reach.NOTHING}


def test_how_tests_are_run_reaches_tests() -> None:
    assert changed("args = []", 'args = ["-v"]') == {"[pytest] args": Reach.TESTS}


@pytest.mark.parametrize(
    ("old", "new", "option"),
    [
        ("2.17.1", "2.18.0", "[GLOBAL] pants_version"),
        ("3.11.*", "3.12.*", "[python] interpreter_constraints"),
        ("lock.txt", "other.txt", "[python.resolves] python-default"),
        ('python-default = "lock.txt"\n', "", "[python.resolves] python-default"),
        ("[pytest]\n", '[some-backend]\nnew = "option"\n\n[pytest]\n', "[some-backend] new"),
    ],
)
def test_any_other_option_reaches_everything(old: str, new: str, option: str) -> None:
    assert changed(old, new) == {option: Reach.EVERYTHING}


def test_a_new_file_changes_each_option_that_it_sets() -> None:
    assert changed_options("pants.ci.toml", None, "[GLOBAL]\npantsd = true\n") == (
        ("[GLOBAL] pantsd", Reach.NOTHING),
    )


def test_what_is_no_toml_says_when_it_was_none() -> None:
    with pytest.raises(NotKnown, match="pants.toml cannot be read at the base commit"):
        changed_options("pants.toml", "[GLOBAL", "")
    with pytest.raises(NotKnown, match="pants.toml cannot be read now"):
        changed_options("pants.toml", "", "<<<<<<< HEAD\n")
