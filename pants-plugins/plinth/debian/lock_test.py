from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plinth.debian.errors import LockError
from plinth.debian.lock import Lock, LockedPackage, changes, closure, dump, parse, parse_package


def package(name: str, *depends: str, version: str = "1.0") -> LockedPackage:
    return LockedPackage(
        name=name,
        version=version,
        architecture="amd64",
        archive="debian",
        path=f"pool/main/{name}_{version}_amd64.deb",
        size=1,
        sha256="0" * 64,
        depends=depends,
    )


def lock(*packages: LockedPackage, wanted: tuple[str, ...]) -> Lock:
    return Lock("amd64", ("bookworm",), wanted, ("dpkg",), packages)


CYCLE = lock(
    package("libc6", "libgcc-s1"),
    package("libgcc-s1", "libc6"),
    package("python3", "libc6"),
    package("tzdata"),
    wanted=("python3", "tzdata"),
)


def test_a_lock_is_read_back_as_it_was_written() -> None:
    assert parse(dump(CYCLE), "lock.json") == CYCLE
    assert parse_package(CYCLE.packages[0].to_json()) == CYCLE.packages[0]


def test_a_lock_says_how_to_make_it_again_and_names_no_host() -> None:
    text = dump(CYCLE)

    assert "make lock" in json.loads(text)["about"]
    assert "://" not in text


def test_a_closure_follows_every_edge_also_in_circles() -> None:
    assert [p.name for p in closure(CYCLE, ["python3"], "lock.json")] == [
        "libc6",
        "libgcc-s1",
        "python3",
    ]
    assert closure(CYCLE, ["tzdata"], "lock.json") == (package("tzdata"),)


@settings(deadline=None, max_examples=50)
@given(st.dictionaries(st.integers(0, 9), st.frozensets(st.integers(0, 9)), min_size=10))
def test_a_closure_is_closed_and_least(edges: dict[int, frozenset[int]]) -> None:
    names = {n: f"p{n}" for n in range(10)}
    packages = tuple(package(names[n], *(names[m] for m in sorted(edges[n]))) for n in range(10))
    found = {p.name for p in closure(lock(*packages, wanted=()), ["p0"], "lock.json")}

    assert "p0" in found
    assert all(names[m] in found for n in range(10) if names[n] in found for m in edges[n])
    for name in found - {"p0"}:
        assert any(name in p.depends for p in packages if p.name in found)


def test_a_closure_of_a_name_that_the_lock_lacks_says_what_to_do() -> None:
    with pytest.raises(LockError, match=r"lock.json has no package perl.*make lock"):
        closure(CYCLE, ["perl"], "lock.json")


def test_changes_names_what_moved_came_and_went() -> None:
    before = (package("a"), package("b"), package("c"))
    after = (package("a"), package("b", version="2.0"), package("d"))

    assert changes(before, after) == (
        "b 2.0 (locked 1.0)",
        "c left out (locked 1.0)",
        "d 1.0 (not in the lock)",
    )


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("name", "../etc", "not a package name"),
        ("sha256", "abc", "sha256 is 'abc'"),
        ("size", -1, "size is -1"),
        ("size", "12", "size is '12'"),
        ("archive", "ubuntu", "archive is 'ubuntu'"),
        ("path", "http://elsewhere.invalid/a.deb", "not relative"),
        ("path", "/a.deb", "not relative"),
        ("path", "pool/../../a.deb", "not relative"),
        ("version", "", "version is ''"),
        ("depends", "libc6", "not a list"),
        ("mirror", "x", "unknown keys"),
    ],
)
def test_a_package_that_cannot_be_is_refused(key: str, value: object, message: str) -> None:
    document = json.loads(dump(CYCLE))
    document["packages"][0][key] = value

    with pytest.raises(LockError, match=message):
        parse(json.dumps(document), "lock.json")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not a lock"),
        ("[]", "not a lock"),
        ("{}", "not a lock"),
        ('{"format": 2}', "has format 2"),
        (dump(replace(CYCLE, packages=CYCLE.packages[::-1])), "not sorted"),
        (dump(replace(CYCLE, packages=CYCLE.packages[:-1])), "no package tzdata"),
        (dump(replace(CYCLE, wanted=("tzdata",))), "nothing wanted needs libc6"),
        (dump(replace(CYCLE, architecture="arm64")), "is for amd64, the lock for arm64"),
    ],
)
def test_a_lock_that_cannot_be_is_refused(text: str, message: str) -> None:
    with pytest.raises(LockError, match=message):
        parse(text, "lock.json")
