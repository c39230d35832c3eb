from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from plinth.lockfile.compare import Requires, compare, differing
from plinth.lockfile.distribution import Distribution, Lock
from plinth.lockfile.parse import parse
from plinth.lockfile.strategies import NAMES, locks, written

HASH = "sha256:" + "0" * 64


def made(name: str, version: str = "1", via: str = "", marker: str = "") -> Distribution:
    parents = tuple(sorted(via.split()))
    return Distribution(name, version, (), marker, (HASH,), parents, () if parents else ("r.in",))


def lock(*distributions: Distribution) -> Lock:
    return Lock("lock.txt", tuple(sorted(distributions, key=lambda d: d.name)))


AWS = (
    made("boto3", "1.34.0"),
    made("botocore", via="boto3"),
    made("six", via="botocore"),
    made("pyarrow"),
)


def what(before: Lock, after: Lock) -> list[str]:
    return [each.what for each in compare(before, after)]


def changed(before: Lock, after: Lock, *names: str) -> set[str]:
    """The names that the closures of `names` hold differently."""
    return set(differing(*(Requires(each).closure(names) for each in (before, after))))


def test_a_version_hashes_a_marker_an_extra_and_an_edge_are_told_for_people() -> None:
    before = lock(*AWS)
    boto3, botocore, six, pyarrow = AWS
    other_hash = replace(pyarrow, hashes=("sha256:" + "1" * 64,))
    assert what(before, lock(replace(boto3, version="1.35.0"), botocore, six, pyarrow)) == [
        "boto3 1.34.0 → 1.35.0"
    ]
    assert what(before, lock(boto3, botocore, six, other_hash)) == ["pyarrow 1: other hashes"]
    windows = replace(six, marker='sys_platform == "win32"')
    assert what(before, lock(boto3, botocore, windows, pyarrow)) == ["six: other markers"]
    with_extra = replace(pyarrow, extras=("s3",))
    assert what(before, lock(boto3, botocore, six, with_extra)) == ["pyarrow: other extras"]
    moved = replace(six, via=("pyarrow",))
    assert what(before, lock(boto3, botocore, moved, pyarrow)) == [
        "six: required by pyarrow, was by botocore"
    ]
    assert what(before, lock(boto3, botocore, six)) == ["pyarrow 1 removed"]
    assert what(lock(boto3, botocore, six), before) == ["pyarrow 1 new"]


def test_a_moved_edge_takes_along_all_that_hangs_on_it() -> None:
    before = lock(*AWS)
    boto3, botocore, six, pyarrow = AWS
    after = lock(boto3, replace(botocore, via=("pyarrow",)), six, pyarrow)
    assert changed(before, after, "boto3") == {"botocore", "six"}
    assert changed(before, after, "pyarrow") == {"botocore", "six"}


def test_what_is_for_a_system_that_pants_does_not_run_on_changes_nothing() -> None:
    def bumped(marker: str) -> set[str]:
        each = made("colorama", "1", "boto3", marker)
        return changed(lock(*AWS, each), lock(*AWS, replace(each, version="2")), "boto3")

    assert bumped('sys_platform == "win32"') == set()
    assert bumped('sys_platform == "darwin"') == {"colorama"}


def test_each_version_of_a_project_that_markers_tell_apart_counts() -> None:
    old = made("numpy", "1", "pyarrow", 'python_version < "3.9"')
    new = made("numpy", "2", "pyarrow", 'python_version >= "3.9"')
    before = lock(*AWS, old, new)
    for after in (
        lock(*AWS, replace(old, version="1.1"), new),
        lock(*AWS, old, replace(new, version="2.1")),
    ):
        assert changed(before, after, "pyarrow") == {"numpy"}


@given(locks().flatmap(lambda each: st.tuples(st.just(each), written(each))))
def test_another_order_and_layout_change_nothing(pair: tuple[Lock, str]) -> None:
    before, text = pair
    assert compare(before, parse(text, "lock.txt")) == ()


@given(locks(), st.sets(st.sampled_from(NAMES)), st.sets(st.sampled_from(NAMES)))
def test_a_closure_grows_with_what_is_asked_for(of: Lock, some: set[str], more: set[str]) -> None:
    requires = Requires(of)
    assert set(requires.closure(some)) <= set(requires.closure(some | more))


@given(locks(), st.data())
def test_a_bump_touches_exactly_the_closures_that_hold_it(
    before: Lock, data: st.DataObject
) -> None:
    bumped = data.draw(st.sampled_from(before.distributions))
    after = Lock(
        "lock.txt",
        tuple(replace(d, version="77") if d is bumped else d for d in before.distributions),
    )
    assert [each.name for each in compare(before, after)] == [bumped.name]
    for each in before.distributions:
        holds = bumped.name in Requires(before).closure([each.name])
        assert changed(before, after, each.name) == ({bumped.name} if holds else set())


@given(locks(), locks())
def test_whatever_differs_in_a_closure_is_led_to_by_a_difference_that_is_in_it(
    before: Lock, after: Lock
) -> None:
    """So that nothing is affected without a reason that can be told."""
    told = {each.name for each in compare(before, after)}
    for name in NAMES:
        names = changed(before, after, name)
        assert bool(names) == bool(names & told)
