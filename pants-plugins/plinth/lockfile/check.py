"""Whether a lock is fit to build from, and made from the requirements file as it stands."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.requirements import InvalidRequirement, Requirement
from packaging.version import Version

from plinth.lockfile.distribution import Lock, normalise
from plinth.lockfile.environment import RUNTIME
from plinth.lockfile.errors import LockError
from plinth.lockfile.lines import logical_lines
from plinth.lockfile.parse import parse

Roots = tuple[tuple[int, Requirement], ...]
"""The requirements of an `.in` file with their line numbers."""


def problems(in_text: str, lock_text: str, lock_name: str, in_name: str) -> tuple[str, ...]:
    """Everything that is wrong with the lock, as ``file:line: what, and what to do``; empty when it
    is sound.

    `in_name` is the requirements file's path, for messages. The lock was compiled in its folder, so
    its `# via -r` comments have the file's name alone.
    """
    try:
        roots = read_roots(in_text, in_name)
    except LockError as error:
        return error.problems
    try:
        lock = parse(lock_text, lock_name)
    except LockError as error:
        return error.problems
    return (*_missing(lock, roots, in_name), *_left_over(lock, roots, in_name))


def read_roots(text: str, path: str) -> Roots:
    """The requirements of an `.in` file with their line numbers. Raises `LockError`."""
    roots, wrong = [], []
    for line in logical_lines(text):
        try:
            roots.append((line.number, Requirement(line.text)))
        except InvalidRequirement:
            wrong.append(f"{path}:{line.number}: `{line.text}` is not a requirement")
    if wrong:
        raise LockError(tuple(wrong))
    return tuple(roots)


def _missing(lock: Lock, roots: Roots, in_name: str) -> Iterator[str]:
    for line, root in roots:
        named = f"{in_name}:{line}: {root}"
        locked = [d for d in lock.distributions if d.name == normalise(root.name)]
        fit = [d for d in locked if root.specifier.contains(Version(d.version), prereleases=True)]
        if not locked:
            yield f"{named} is not in {lock.path}. Run `make lock`."
        elif not fit:
            versions = " and ".join(d.version for d in locked)
            yield f"{named} is locked to {versions} in {lock.path}. Run `make lock`."
        elif not any(_local(in_name) in d.roots for d in locked):
            yield f"{named} is in {lock.path} only because others require it. Run `make lock`."
        elif _for_runtime(lock, root) and not any(RUNTIME.holds(d.marker) for d in fit):
            yield f"{named} is not locked for {RUNTIME.name} in {lock.path}. Run `make lock`."


def _for_runtime(lock: Lock, root: Requirement) -> bool:
    """Whether the runtime is to get `root`: locks of the build's tools may be for another
    Python.
    """
    locked_for_it = any(RUNTIME.holds(d.marker) for d in lock.distributions)
    return locked_for_it and RUNTIME.holds(str(root.marker or ""))


def _left_over(lock: Lock, roots: Roots, in_name: str) -> Iterator[str]:
    for distribution in lock.distributions:
        where = f"{lock.path}:{distribution.line}: {distribution.name}"
        for file in distribution.roots:
            if file != _local(in_name):
                yield f"{where} comes from {file}, not from {in_name}. Run `make lock`."
        asked = [root for _, root in roots if normalise(root.name) == distribution.name]
        if _local(in_name) in distribution.roots and not asked:
            yield f"{where} is no longer in {in_name}. Run `make lock`."
        elif asked and distribution.extras != _extras(asked):
            yield (
                f"{where} is locked with {_bracketed(distribution.extras)}, and {in_name} asks for "
                f"{_bracketed(_extras(asked))}. Run `make lock` (uv pip compile records extras "
                "with --no-strip-extras)."
            )


def _local(in_name: str) -> str:
    return in_name.rpartition("/")[2]


def _extras(requirements: list[Requirement]) -> tuple[str, ...]:
    return tuple(sorted({normalise(extra) for r in requirements for extra in r.extras}))


def _bracketed(extras: tuple[str, ...]) -> str:
    return f"[{','.join(extras)}]" if extras else "no extras"
