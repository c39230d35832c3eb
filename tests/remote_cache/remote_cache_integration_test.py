"""A real remote cache on loopback, and clones as machines: what runs again, and what is believed.

`main` writes, as the workflow `merge` does; the others read, as those of pull requests. The tests
go one after the other: each begins with the caches that the ones before have filled.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from remote_cache.machine import Cache, Machine

# Two tests of the clones' own, in folders that are a job each. They are given nothing locked but
# pytest's own packages: so what a machine runs without any cache is little.
ONE, OTHER = "tests/one/one_test.py", "tests/other/other_test.py"
TESTS = {
    path: text
    for test in (ONE, OTHER)
    for path, text in (
        (f"{Path(test).parent}/BUILD", 'python_tests(name="tests", resolve="pytest")\n'),
        (test, "def test_passes() -> None:\n    assert True\n"),
    )
}
_NUMBERS = count()


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cache]:
    started = Cache.started(tmp_path_factory.mktemp("cache") / "state")
    try:
        yield started
    finally:
        started.close()


def _machine(folder: Path, cache: Cache, mode: str) -> Iterator[Machine]:
    made = Machine.made(folder, TESTS, cache.address, mode)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture(scope="module")
def main(tmp_path_factory: pytest.TempPathFactory, cache: Cache) -> Iterator[Machine]:
    yield from _machine(tmp_path_factory.mktemp("main"), cache, "write")


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory, cache: Cache) -> Iterator[Machine]:
    yield from _machine(tmp_path_factory.mktemp("first"), cache, "read")


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory, cache: Cache) -> Iterator[Machine]:
    yield from _machine(tmp_path_factory.mktemp("second"), cache, "read")


@pytest.fixture(autouse=True)
def honest_again(cache: Cache) -> Iterator[None]:
    cache.turn("honest")
    yield
    cache.turn("honest")


def edited(*machines: Machine, test: str = ONE, text: str = "") -> None:
    """The same edit on each machine, which none has seen before."""
    added = f"\n# Edit {next(_NUMBERS)}.\n{text}"
    for machine in machines:
        machine.append(test, added)


def test_an_unchanged_fresh_clone_runs_no_test_process(
    main: Machine, first: Machine, second: Machine, cache: Cache
) -> None:
    written = main.pants("test", ONE, OTHER)
    assert written.passed(ONE), written.text
    assert written.passed(OTHER), written.text
    assert written.from_the_cache == ()
    kept = written.counter("remote_cache_write_successes")
    for machine in (first, second):
        found = machine.pants("test", ONE, OTHER)
        assert found.code == 0, found.text
        assert set(found.from_the_cache) == {ONE, OTHER}
        # Pants begins what it asks for, and cancels it when the answer comes: so the processes that
        # it began say nothing. What it never keeps it never asks for, such as where a Python is.
        assert found.counter("remote_cache_requests") == kept, found.text
        assert found.counter("remote_cache_requests_uncached") == 0, found.text


def test_a_pull_request_writes_nothing(first: Machine, cache: Cache) -> None:
    edited(first)
    found = first.pants("test", ONE)
    asked = cache.turn("honest")

    assert found.passed(ONE), found.text
    assert found.from_the_cache == ()
    assert asked.calls["GetActionResult"] > 0
    assert asked.writes == 0


def test_two_machines_that_share_a_pull_request_run_nothing_twice(
    first: Machine, second: Machine, cache: Cache
) -> None:
    edited(first, second)
    edited(first, second, test=OTHER)
    planned = first.pants("affected", "--since=HEAD", "--format=github")
    jobs = [
        job
        for line in planned.text.splitlines()
        if line.startswith("wave-")
        for job in json.loads(line.partition("=")[2])["include"]
        if job["name"].startswith(("tests/one ", "tests/other "))
    ]
    assert len(jobs) == 2, planned.text
    missed = []
    for machine, job in zip((first, second), jobs, strict=True):
        cache.turn("honest")
        found = machine.pants("test", *job["specs"].split())
        assert found.code == 0, found.text
        missed.append(set(cache.turn("honest").missed))

    assert all(missed)
    assert missed[0] & missed[1] == set()


@pytest.mark.parametrize("mode", ["down", "stalled", "forgetful", "wrong-bytes"])
def test_a_pull_request_is_built_without_the_cache_that(
    main: Machine, first: Machine, cache: Cache, mode: str
) -> None:
    edited(main, first)
    assert main.pants("test", ONE).passed(ONE)
    cache.turn(mode)
    found = first.pants("test", ONE)

    assert found.passed(ONE), found.text
    assert found.from_the_cache == ()


@pytest.mark.parametrize("mode", ["down", "stalled", "full"])
def test_main_is_built_and_tested_without_the_cache_that(
    main: Machine, cache: Cache, mode: str
) -> None:
    edited(main)
    cache.turn(mode)
    found = main.pants("test", ONE)

    assert found.passed(ONE), found.text


def test_a_result_of_another_action_is_not_believed_by_main(
    main: Machine, first: Machine, cache: Cache
) -> None:
    """A pull request cannot tell: so it reads what main wrote, and main reads nothing."""
    edited(main, first)
    assert main.pants("test", ONE).passed(ONE)
    edited(main, first, text="def test_fails() -> None:\n    raise AssertionError\n")
    cache.turn("other-result")
    misled, believed = first.pants("test", ONE), cache.turn("other-result")
    found, asked = main.pants("test", ONE), cache.turn("honest")

    assert (misled.code, believed.calls["GetActionResult"] > 0) == (0, True), misled.text
    assert found.code == 1, found.text
    assert "test_fails" in found.text
    assert asked.calls.get("GetActionResult", 0) == 0
