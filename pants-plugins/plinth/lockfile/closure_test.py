from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plinth.lockfile.closure import closure, installed_in
from plinth.lockfile.distribution import Lock
from plinth.lockfile.environment import RUNTIME
from plinth.lockfile.errors import LockError, NotLocked
from plinth.lockfile.parse import parse
from plinth.lockfile.strategies import NAMES, locks

HASH = "--hash=sha256:" + "0" * 64


def lock(*entries: str) -> Lock:
    """From entries such as ``boto3 < r.in`` and ``six ; sys_platform == 'win32' < boto3, moto``."""
    text = ""
    for entry in entries:
        left, via = entry.rsplit(" < ", 1)
        name, _, marker = left.partition(" ; ")
        edges = ", ".join("-r r.in" if edge == "r.in" else edge for edge in via.split(", "))
        text += f"{name}==1{' ; ' + marker if marker else ''} {HASH} # via {edges}\n"
    return parse(text, "lock.txt")


def names(of: Lock, *wanted: str) -> list[str]:
    return [d.name for d in closure(of, wanted, RUNTIME)]


AWS = lock(
    "boto3 < r.in, moto",
    "botocore < boto3, s3transfer",
    "s3transfer < boto3",
    "six < botocore",
    "moto < r.in",
    "pyarrow < r.in",
)


def test_what_a_requirement_brings() -> None:
    assert names(AWS, "boto3") == ["boto3", "botocore", "s3transfer", "six"]
    assert names(AWS, "s3transfer") == ["botocore", "s3transfer", "six"]
    assert names(AWS, "pyarrow") == ["pyarrow"]
    assert names(AWS, "Boto3", "PyArrow") == ["boto3", "botocore", "pyarrow", "s3transfer", "six"]
    assert names(AWS) == []


def test_a_cycle_ends() -> None:
    assert names(lock("a < r.in, b", "b < a"), "a") == ["a", "b"]


def test_markers_of_other_platforms_cut_what_only_they_bring() -> None:
    locked = lock(
        "click < r.in",
        "colorama ; sys_platform == 'win32' < click",
        "ansi < colorama",
        "fast ; platform_machine == 'x86_64' and implementation_name == 'cpython' < click",
        "tomli ; python_version < '3.11' < click",
        "pywin ; os_name == 'nt' or platform_system == 'Windows' < click",
    )
    assert names(locked, "click") == ["click", "fast"]


def test_of_several_versions_the_runtimes_is_taken() -> None:
    text = (
        f"a==1 ; python_version < '3.11' {HASH} # via -r r.in\n"
        f"a==2 ; python_full_version >= '3.11' and python_version < '3.12' {HASH} # via -r r.in\n"
        f"a==3 ; python_version >= '3.12' {HASH} # via -r r.in\n"
    )
    assert [d.version for d in closure(parse(text, "lock.txt"), ["a"], RUNTIME)] == ["2"]


def test_two_versions_for_the_runtime_are_an_error() -> None:
    text = (
        f"a==1 ; os_name == 'posix' {HASH} # via -r r.in\n"
        f"a==2 ; sys_platform == 'linux' {HASH} # via -r r.in\n"
    )
    with pytest.raises(LockError, match=r"lock.txt:2: a is locked to both 1 \(line 1\) and 2"):
        installed_in(parse(text, "lock.txt"), RUNTIME)


def test_a_name_that_is_not_locked_is_an_error_and_no_empty_answer() -> None:
    with pytest.raises(NotLocked) as failed:
        closure(AWS, ["boto3", "Pandas", "numpy"], RUNTIME)
    assert failed.value.problems == (
        "lock.txt: numpy is not locked. Add it to the lock's .in file and run `make lock`.",
        "lock.txt: pandas is not locked. Add it to the lock's .in file and run `make lock`.",
    )


def test_a_name_locked_for_other_platforms_only_is_an_error() -> None:
    with pytest.raises(NotLocked, match='pywin is locked for `os_name == "nt"` only'):
        closure(lock("pywin ; os_name == 'nt' < r.in"), ["pywin"], RUNTIME)


wanted = st.sets(st.sampled_from(NAMES))


def reached(of: Lock, asked: set[str]) -> set[str]:
    """The closure of those of `asked` that the runtime can get."""
    return {d.name for d in closure(of, asked & set(installed_in(of, RUNTIME)), RUNTIME)}


@given(locks(), wanted, wanted)
def test_closure_is_monotone_and_of_a_union_is_the_union(
    of: Lock, one: set[str], other: set[str]
) -> None:
    assert reached(of, one) <= reached(of, one | other)
    assert reached(of, one | other) == reached(of, one) | reached(of, other)


@given(locks(), wanted)
def test_closure_holds_what_was_asked_and_is_closed(of: Lock, asked: set[str]) -> None:
    installed = installed_in(of, RUNTIME)
    found = reached(of, asked)
    assert asked & set(installed) <= found
    assert reached(of, found) == found
    for distribution in installed.values():
        if found & set(distribution.via):
            assert distribution.name in found
