from __future__ import annotations

import random

import pytest
from debian.debian_support import Version
from hypothesis import given, settings
from hypothesis import strategies as st

from plinth.debian.archive import parse_packages
from plinth.debian.errors import ArchiveError, ResolveError
from plinth.debian.lock import Lock
from plinth.debian.packages_file import PackagesFile
from plinth.debian.resolve import Index, Relation, resolve


def stanza(name: str, version: str = "1.0", **fields: str) -> str:
    further = "".join(f"{key.replace('_', '-')}: {value}\n" for key, value in fields.items())
    return (
        f"Package: {name}\nVersion: {version}\nArchitecture: amd64\n{further}"
        f"Filename: pool/{name}_{version}.deb\nSize: 10\nSHA256: {'a' * 64}\n"
    )


def index(*main: str, security: tuple[str, ...] = ()) -> Index:
    return Index(
        [
            *parse_packages("\n".join(main), "debian"),
            *parse_packages("\n".join(security), "debian-security"),
        ]
    )


def locked(found: Index, *wanted: str, excluded: tuple[str, ...] = ()) -> Lock:
    return resolve(found, PackagesFile("amd64", ("bookworm",), tuple(sorted(wanted)), excluded))


def versions(lock: Lock) -> dict[str, str]:
    return {package.name: package.version for package in lock.packages}


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("2.36-9+deb12u13", "2.36-9+deb12u14"),
        ("9.0", "10.0"),
        ("3.0.20-1~deb12u2", "3.0.20-1"),
        ("20230311+deb12u1", "20250419~deb12u2"),
        ("9.9", "1:1.2.13"),
        ("1.0-1", "1.0-1+b1"),
    ],
)
def test_the_newest_version_wins_by_debians_order(older: str, newer: str) -> None:
    for first, second in ((older, newer), (newer, older)):
        found = index(stanza("libc6", first), security=(stanza("libc6", second),))

        assert versions(locked(found, "libc6")) == {"libc6": newer}


def test_a_version_in_both_archives_is_taken_from_the_one_that_does_not_change() -> None:
    found = index(stanza("zlib1g"), security=(stanza("zlib1g"),))

    assert locked(found, "zlib1g").packages[0].archive == "debian"


def test_dependencies_are_followed_and_recommendations_are_not() -> None:
    lock = locked(
        index(
            stanza("python3", Depends="libc6 (>= 1.0), zlib1g:any", Recommends="perl"),
            stanza("libc6", Pre_Depends="libgcc-s1"),
            stanza("libgcc-s1", Depends="libc6"),
            stanza("zlib1g"),
            stanza("perl"),
        ),
        "python3",
    )

    assert list(versions(lock)) == ["libc6", "libgcc-s1", "python3", "zlib1g"]
    assert lock.by_name["python3"].depends == ("libc6", "zlib1g")
    assert lock.by_name["libc6"].depends == ("libgcc-s1",)


def test_the_first_alternative_that_exists_is_taken() -> None:
    found = index(stanza("stdlib", Depends="gone | media-types | mime"), stanza("media-types"))

    assert "media-types" in versions(locked(found, "stdlib"))


def test_an_alternative_that_is_wanted_anyway_is_taken_before_the_first() -> None:
    found = index(stanza("a", Depends="one | two"), stanza("one"), stanza("two"))

    assert list(versions(locked(found, "a", "two"))) == ["a", "two"]


def test_an_alternative_that_is_too_old_is_passed_over() -> None:
    found = index(stanza("a", Depends="one (>> 1.0) | two"), stanza("one"), stanza("two"))

    assert list(versions(locked(found, "a"))) == ["a", "two"]


def test_a_virtual_package_is_met_by_its_only_provider() -> None:
    found = index(stanza("a", Depends="awk"), stanza("mawk", Provides="awk"))

    assert locked(found, "a").by_name["a"].depends == ("mawk",)


def test_a_choice_between_providers_is_not_guessed() -> None:
    found = index(
        stanza("a", Depends="awk"), stanza("gawk", Provides="awk"), stanza("mawk", Provides="awk")
    )

    with pytest.raises(ResolveError, match="a 1.0 depends on awk, which several .* gawk, mawk"):
        locked(found, "a")
    assert list(versions(locked(found, "a", "mawk"))) == ["a", "mawk"]


@pytest.mark.parametrize(
    ("provides", "meets"),
    [("lib (= 2.0)", True), ("lib (= 1.0)", False), ("lib", False), ("other, lib (= 3)", True)],
)
def test_a_version_is_asked_of_what_is_provided_with_one(provides: str, meets: bool) -> None:
    found = index(stanza("a", Depends="lib (>= 2.0)"), stanza("lib2", "9.0", Provides=provides))

    if meets:
        assert "lib2" in versions(locked(found, "a"))
    else:
        with pytest.raises(ResolveError, match=r"depends on lib \(>= 2.0\)"):
            locked(found, "a")


def test_what_is_left_out_counts_as_there_with_all_that_it_needs() -> None:
    found = index(
        stanza("tzdata", Depends="debconf (>= 0.5) | debconf-2.0"),
        stanza("base", Depends="awk"),
        stanza("debconf", Depends="perl"),
        stanza("perl"),
        stanza("mawk", Provides="awk"),
    )

    lock = locked(found, "tzdata", "base", excluded=("debconf", "mawk"))
    assert list(versions(lock)) == ["base", "tzdata"]
    assert lock.excluded == ("debconf", "mawk")


def test_leaving_out_what_nothing_needs_is_an_error() -> None:
    with pytest.raises(ResolveError, match="nothing depends on it: dpkg"):
        locked(index(stanza("tzdata")), "tzdata", excluded=("dpkg",))


def test_a_name_that_no_archive_has_is_an_error_with_a_hint() -> None:
    with pytest.raises(ResolveError, match=r"no package awk. Name one that provides it: mawk"):
        locked(index(stanza("mawk", Provides="awk")), "awk")
    with pytest.raises(ResolveError, match=r"no package pyhton3. Is it spelled so"):
        locked(index(stanza("python3")), "pyhton3")


@pytest.mark.parametrize("field", ["Conflicts", "Breaks"])
def test_packages_that_cannot_stand_together_are_an_error(field: str) -> None:
    found = index(
        stanza("a", "1.5", Depends="b"), stanza("b", **{field: "a (<< 2.0), b"}), stanza("c")
    )

    with pytest.raises(ResolveError, match=r"b 1.0 conflicts with a \(<< 2.0\), and a 1.5"):
        locked(found, "a")


@pytest.mark.parametrize(
    "broken",
    [
        stanza("a", Depends="b (>< 1)"),
        stanza("a", Depends="b (>= 1"),
        "Package: a\nArchitecture: amd64\n",
        stanza("a").replace("SHA256", "SHA1"),
    ],
)
# python-debian warns as well, about what is then refused.
@pytest.mark.filterwarnings("ignore")
def test_a_broken_stanza_is_an_error_when_it_is_needed_and_only_then(broken: str) -> None:
    with pytest.raises(ArchiveError, match="the index of debian has a"):
        locked(index(broken, stanza("b")), "a")
    assert list(versions(locked(index(broken, stanza("b")), "b"))) == ["b"]


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.from_regex(r"[0-9][0-9.]{0,4}(-[0-9]{1,2})?(\+deb12u[0-9])?", fullmatch=True)),
    st.from_regex(r"[0-9]{1,2}(\.[0-9])?", fullmatch=True),
)
def test_every_operator_means_what_debians_order_says(found: list[str], wanted: str) -> None:
    for text in found:
        version, asked = Version(text), Version(wanted)
        admitted = {
            operator: Relation("a", operator, wanted).admits(version)
            for operator in ("<<", "<=", "=", ">=", ">>")
        }

        assert admitted["<<"] + admitted["="] + admitted[">>"] == 1
        assert admitted["<="] == (admitted["<<"] or admitted["="]) == (version <= asked)
        assert admitted[">="] == (admitted[">>"] or admitted["="]) == (version >= asked)
        assert Relation("a").admits(version)


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 10**6))
def test_the_order_of_the_index_does_not_matter(seed: int) -> None:
    stanzas = [
        stanza("a", Depends="b | c, virtual"),
        stanza("b", "1.0"),
        stanza("b", "1.1", Depends="d"),
        stanza("c"),
        stanza("d", Provides="virtual (= 1)"),
        stanza("e", Depends="virtual"),
    ]
    shuffled = random.Random(seed).sample(stanzas, len(stanzas))

    assert locked(index(*shuffled), "a", "e") == locked(index(*stanzas), "a", "e")
