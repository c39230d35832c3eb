from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from plinth.affected.contents import Layers
from plinth.affected.errors import NotKnown
from plinth.affected.graphs import REPOSITORY, RESOLVE, graph, image, node, requirement
from plinth.affected.locks import (
    LockPair,
    Versions,
    debian_lock_causes,
    python_lock_causes,
    requirements_changes,
)
from plinth.affected.model import Kind
from plinth.affected.reach import Cause, reach
from plinth.debian import lock as debian

PATH = "3rdparty/requirements.txt"
LOCK = {
    "boto3": "1 < r.in",
    "botocore": "1 < boto3",
    "certifi": "1 < requests",
    "colorama": "1 < pyarrow ; sys_platform == 'win32'",
    "pyarrow": "1 < r.in",
    "pytest": "1 < r.in",
    "requests": "1 < r.in",
    "urllib3": "1 < botocore, requests",
}


def text(entries: dict[str, str]) -> str:
    lines = []
    for name, entry in entries.items():
        entry, _, marker = entry.partition(" ; ")
        version, _, via = entry.partition(" < ")
        via = via.replace("r.in", "-r r.in")
        locked = f"{name}=={version}" + (f" ; {marker}" if marker else "")
        lines.append(f"{locked} --hash=sha256:{'0' * 64}\n    # via {via}\n")
    return "".join(lines)


def causes(**changed: str | None) -> tuple[Cause, ...]:
    """What a lock causes in which these entries differ; None removes one."""
    after = {name: entry for name, entry in {**LOCK, **changed}.items() if entry}
    pair = LockPair.read(Versions(PATH, text(LOCK), text(after)))
    return python_lock_causes(pair, RESOLVE, Layers(REPOSITORY))


def images(found: Iterable[Cause]) -> set[str]:
    return {each.target for each in reach(REPOSITORY, found) if each.kind is Kind.IMAGE}


def unit_tests(found: Iterable[Cause]) -> set[str]:
    return {each.target for each in reach(REPOSITORY, found) if each.kind is Kind.TEST}


ALL = {"base:image", "lambdas/orders:image", "lambdas/reports:image"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("boto3", ALL),
        ("botocore", ALL),
        ("urllib3", ALL),
        ("pyarrow", {"lambdas/reports:image"}),
        ("requests", {"lambdas/reports:image"}),
        ("certifi", {"lambdas/reports:image"}),
        ("colorama", set()),
        ("pytest", set()),
    ],
)
def test_a_bump_reaches_exactly_the_images_that_hold_it(name: str, expected: set[str]) -> None:
    assert images(causes(**{name: f"2{LOCK[name][1:]}"})) == expected


def test_a_bump_reaches_the_tests_whose_closure_holds_it() -> None:
    assert unit_tests(causes(pytest="2 < r.in")) == {"src/library/aws_test.py:tests"}
    assert unit_tests(causes(certifi="2 < requests")) == {"lambdas/reports/handler_test.py:tests"}


def test_tests_run_anywhere_so_other_platforms_count_for_them() -> None:
    found = causes(colorama="2 < pyarrow ; sys_platform == 'win32'")
    assert unit_tests(found) == {"lambdas/reports/handler_test.py:tests"}


def test_a_moved_edge_reaches_who_gains_and_who_loses_it() -> None:
    assert images(causes(certifi="1 < botocore")) == ALL
    assert images(causes(certifi="1 < pyarrow")) == set()
    assert images(causes(certifi="1 < pytest")) == {"lambdas/reports:image"}


def test_new_and_removed_projects_reach_who_requires_them() -> None:
    assert images(causes(six="1 < botocore")) == ALL
    assert images(causes(certifi=None)) == {"lambdas/reports:image"}


def test_another_extra_or_order_changes_no_image() -> None:
    assert causes() == ()
    pair = LockPair.read(Versions(PATH, text(LOCK), text(dict(reversed(LOCK.items())))))
    assert python_lock_causes(pair, RESOLVE, Layers(REPOSITORY)) == ()


def test_a_chain_begins_with_the_version_that_moved() -> None:
    (found,) = reach(REPOSITORY, causes(certifi="2 < requests"))[:1]
    assert str(found.chains[0]).startswith(
        "certifi 1 → 2 (3rdparty/requirements.txt) › 3rdparty#requests › "
    )


def test_what_the_lock_lacks_counts_as_needing_whatever_changed() -> None:
    of = graph(requirement("unlocked"), image("image", "3rdparty#unlocked"))
    pair = LockPair.read(Versions(PATH, text(LOCK), text({**LOCK, "boto3": "2 < r.in"})))
    assert "image" in {t.target for t in reach(of, python_lock_causes(pair, RESOLVE, Layers(of)))}


def test_the_lock_of_another_resolve_is_nobodys_here() -> None:
    pair = LockPair.read(Versions(PATH, text(LOCK), text({**LOCK, "boto3": "2 < r.in"})))
    assert reach(REPOSITORY, python_lock_causes(pair, "other", Layers(REPOSITORY))) == ()


def test_what_runs_the_tests_reaches_all_of_them() -> None:
    pair = LockPair.read(Versions(PATH, text(LOCK), text({**LOCK, "pytest": "2 < r.in"})))
    all_tests = frozenset(s for s, n in REPOSITORY.nodes.items() if n.kind is Kind.TEST)
    assert (
        unit_tests(python_lock_causes(pair, "pytest", Layers(REPOSITORY), all_tests)) == all_tests
    )


@pytest.mark.parametrize("when", ["now", "at the base commit"])
@pytest.mark.parametrize(
    "broken",
    [
        text(LOCK) + text({"boto3": "2 < r.in"}),
        text({**LOCK, "six": "1 < nobody"}),
        "boto3\n",
        "<<<<<<< HEAD\n",
        "",
    ],
)
def test_a_lock_that_cannot_be_relied_on_says_where_and_why(when: str, broken: str) -> None:
    both = (text(LOCK), broken) if when == "now" else (broken, text(LOCK))
    with pytest.raises(NotKnown, match=f"{PATH} cannot be read {when}: {PATH}:"):
        LockPair.read(Versions(PATH, *both))


def requirements(before: str, after: str) -> tuple[set[str], set[str], tuple[str, ...]]:
    found = requirements_changes(Versions("r.in", before, after), Layers(REPOSITORY))
    return images(found.causes), unit_tests(found.causes), found.removed


def test_a_requirements_file_reaches_tests_by_what_it_asks_and_images_by_what_they_get() -> None:
    reports = {"lambdas/reports/handler_test.py:tests"}
    assert requirements("pyarrow\n", "# why\nPyArrow\n")[:2] == (set(), set())
    assert requirements("pyarrow\n", "pyarrow>=2\n") == (set(), reports, ())
    image = {"lambdas/reports:image"}
    not_here = 'pyarrow ; sys_platform == "win32"\n'
    assert requirements("pyarrow\n", not_here) == (image, reports, ())
    assert requirements("", "pyarrow\n") == (image, reports, ())
    assert requirements("pyarrow\n", "") == (image, reports, ("pyarrow",))


def package(name: str, version: str, *depends: str) -> debian.LockedPackage:
    where = f"pool/{name}_{version}.deb"
    return debian.LockedPackage(
        name, version, "amd64", debian.DEBIAN, where, 1, version[0] * 64, depends
    )


def debian_lock(
    *packages: debian.LockedPackage, wanted: tuple[str, ...] = ("python3", "tzdata")
) -> str:
    return debian.dump(debian.Lock("amd64", (), wanted, (), packages))


ROOTS = graph(
    node("debian:runtime", alias="debian_root", file="debian/lock.json"),
    node("debian:python", alias="debian_root", file="debian/lock.json", packages=("python3",)),
)
LIBC, PYTHON, ZONES = (
    package("libc6", "2"),
    package("python3", "3", "libc6"),
    package("tzdata", "4"),
)


def debian_causes(after: str) -> dict[str, set[str]]:
    before = debian_lock(LIBC, PYTHON, ZONES)
    found = debian_lock_causes(Versions("debian/lock.json", before, after), ROOTS)
    return {each.change.what: set(each.targets) for each in found}


def test_a_debian_package_reaches_the_roots_that_it_is_in() -> None:
    both = {"debian:runtime", "debian:python"}
    assert debian_causes(debian_lock(package("libc6", "5"), PYTHON, ZONES)) == {"libc6 2 → 5": both}
    assert debian_causes(debian_lock(LIBC, PYTHON, package("tzdata", "5"))) == {
        "tzdata 4 → 5": {"debian:runtime"}
    }
    assert debian_causes(debian_lock(LIBC, PYTHON, wanted=("python3",))) == {
        "tzdata removed": {"debian:runtime"}
    }


def test_the_same_version_with_other_bytes_counts() -> None:
    other = replace(ZONES, sha256="5" * 64)
    assert debian_causes(debian_lock(LIBC, PYTHON, other)) == {
        "tzdata 4: another sha256": {"debian:runtime"}
    }


def test_a_debian_lock_that_only_looks_different_reaches_nothing() -> None:
    before = debian_lock(LIBC, PYTHON, ZONES)
    assert debian_causes(before.replace("  ", "    ")) == {}


def test_a_broken_debian_lock_is_not_taken_for_an_unchanged_one() -> None:
    with pytest.raises(NotKnown, match="debian/lock.json cannot be read now"):
        debian_causes("{")
