from __future__ import annotations

import dataclasses

from hypothesis import given
from hypothesis import strategies as st

from plinth.layers.content import Closure, FirstPartyFile, less, only, united
from plinth.lockfile.distribution import Distribution


def file(path: str, fingerprint: str = "aa", executable: bool = False) -> FirstPartyFile:
    return FirstPartyFile(path, f"src/{path}", fingerprint, 1, executable)


def distribution(name: str, version: str = "1", digest: str = "sha256:00") -> Distribution:
    return Distribution(name, version, (), "", (digest,), (), ("r.in",))


files = st.builds(
    file, st.sampled_from(["a.py", "b.py", "c/d.py"]), st.sampled_from(["aa", "bb"]), st.booleans()
)
distributions = st.builds(
    distribution, st.sampled_from(["boto3", "six"]), st.sampled_from(["1", "2"])
)
closures = st.builds(
    lambda files, dists: united([Closure(tuple(files), tuple(dists), "lock.txt")]),
    st.lists(files),
    st.lists(distributions),
)


@given(closures, closures)
def test_what_is_left_is_what_is_not_carried(needed: Closure, carried: Closure) -> None:
    rest = less(needed, carried)
    assert set(rest.first_party) == set(needed.first_party) - set(carried.first_party)
    assert set(rest.distributions) == set(needed.distributions) - set(carried.distributions)
    assert less(needed, needed) == Closure(lock="lock.txt")
    assert less(needed, Closure()) == needed


@given(st.lists(closures))
def test_a_union_has_each_path_and_each_name_once_and_in_order(all_of_them: list[Closure]) -> None:
    union = united(all_of_them)
    paths = [file.path for file in union.first_party]
    names = [d.name for d in union.distributions]
    assert paths == sorted({file.path for c in all_of_them for file in c.first_party})
    assert names == sorted({d.name for c in all_of_them for d in c.distributions})


def test_the_same_content_from_another_place_is_carried() -> None:
    moved = dataclasses.replace(file("a.py"), source="lambdas/a.py")
    assert less(Closure((moved,)), Closure((file("a.py"),))).first_party == ()


def test_a_mode_or_a_hash_that_differs_is_not_carried() -> None:
    needed = Closure((file("a.py", executable=True),), (distribution("six", digest="sha256:11"),))
    assert less(needed, Closure((file("a.py"),), (distribution("six"),))) == needed


def test_edges_and_markers_are_no_part_of_what_is_installed() -> None:
    other = dataclasses.replace(distribution("six"), via=("boto3",), marker="os_name == 'posix'")
    assert less(Closure((), (other,)), Closure((), (distribution("six"),))).distributions == ()


def test_a_layer_may_hold_only_one_kind() -> None:
    both = Closure((file("a.py"),), (distribution("six"),), "lock.txt")
    assert only(both, ["first_party"]) == Closure((file("a.py"),))
    assert only(both, ["third_party"]) == Closure((), (distribution("six"),), "lock.txt")
    assert only(both, ["third_party", "first_party"]) == both
