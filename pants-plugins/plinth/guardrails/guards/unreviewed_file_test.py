from __future__ import annotations

import pytest

from plinth.guardrails.guards.unreviewed_file import GUARD
from plinth.guardrails.testing.seen import seen

PATHS = ("pants.toml", "3rdparty/python/requirements.txt", "src/a.py")
CHAIN = ("/pants*.toml", "/3rdparty/")
OWNERS = ".github/CODEOWNERS"


def found(owners: str | None, paths: tuple[str, ...] = PATHS) -> list[str]:
    return seen(GUARD, paths=paths, owners=owners, supply_chain=CHAIN)


@pytest.mark.parametrize(
    ("owners", "name"),
    [
        (None, [f"{OWNERS} {OWNERS}"]),
        ("", ["pants.toml pants.toml", f"{PATHS[1]} {PATHS[1]}"]),
        ("/3rdparty/ @a\n", ["pants.toml pants.toml"]),
        ("# pants.toml @a\n/3rdparty/ @a\n", ["pants.toml pants.toml"]),
        ("/3rdparty/* @a\npants.toml @a\n", [f"{PATHS[1]} {PATHS[1]}"]),
        ("* @a\n/pants.toml\n", [f"{OWNERS}:2 pants.toml"]),
        ("* platform\n", [f"{OWNERS}:1 {OWNERS}"]),
        ("* @a\n!pants.toml @a\n", [f"{OWNERS}:2 {OWNERS}"]),
        ("*.tom[l] @a\n", [f"{OWNERS}:1 {OWNERS}"]),
    ],
)
def test_what_nobody_must_approve_is_caught(owners: str | None, name: list[str]) -> None:
    assert found(owners) == name


@pytest.mark.parametrize(
    "owners",
    [
        "* @a\n",
        "* @organisation/team # everything\n",
        "* someone@example.com\n",
        "/pants* @a\n/3rdparty @b\n",
        "pants.toml @a\n3rdparty/**/requirements.txt @b\n",
        "* \n* @a\n",
        "/src/\n/3rdparty/ @a\n*.toml @a @b\n",
    ],
)
def test_what_somebody_must_approve_is_left_alone(owners: str) -> None:
    assert found(owners) == []


def test_without_such_files_no_owners_are_asked_for() -> None:
    assert found(None, ("src/a.py",)) == []
