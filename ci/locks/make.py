"""Makes the Python locks again and prints what moved: `python -m locks.make`, with Pants' packages.

The locks are made side by side, since making one is mostly waiting for the index. With
`--upgrade-package`, only those that hold the package are.
"""

from __future__ import annotations

import argparse
import difflib
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from locks.check import check
from locks.table import RECIPES, LockRecipe
from plinth.lockfile.check import read_roots
from plinth.lockfile.compare import compare
from plinth.lockfile.distribution import Distribution, Lock, normalise
from plinth.lockfile.errors import LockError
from plinth.lockfile.parse import parse

_AT_ONCE = 6


class MakeError(Exception):
    """What was asked for cannot be locked; the text says why and what to do."""


def make(
    root: Path, recipes: Sequence[LockRecipe], uv: str, upgrade: bool, packages: Sequence[str]
) -> bool:
    """Make the locks of `recipes` below `root` again. True when each could be made.

    What is locked stays, but for `packages` (such as `boto3` or `boto3==1.44.9`) or, with
    `upgrade`, for everything. Raises `MakeError`, before anything is changed, for a package that
    none of the locks holds.
    """
    names = tuple(_name(package) for package in packages)
    before = {recipe: _read(root, recipe) for recipe in recipes}
    _refuse_unknown(names, [lock for lock in before.values() if lock])
    if names:
        recipes = [recipe for recipe in recipes if _held(before[recipe], names)]
    more = (*(("--upgrade",) if upgrade else ()), *_upgrades(packages))
    _say(f"Asking the index about {_count(len(recipes))}.")

    def made(recipe: LockRecipe) -> subprocess.CompletedProcess[str]:
        command = recipe.command(uv, sys.executable, more)
        return subprocess.run(
            command, cwd=root / recipe.folder, capture_output=True, text=True, check=False
        )

    ok = True
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for recipe, run in zip(recipes, pool.map(made, recipes)):
            print(recipe.lock, flush=True)
            if run.returncode:
                ok = False
                _say(f"{run.stderr.rstrip()}\n{recipe.lock} stays as it was.")
                continue
            for line in _report(root, recipe, before[recipe], upgrade, names):
                print(f"  {line}", flush=True)
    return ok


def suggestion(name: str, known: Iterable[str]) -> str:
    """` Did you mean boto3?`, or nothing where no name is like it."""
    near = difflib.get_close_matches(name, sorted(set(known)), n=3)
    return f" Did you mean {' or '.join(near)}?" if near else ""


def _refuse_unknown(names: tuple[str, ...], locks: list[Lock]) -> None:
    known = {each.name for lock in locks for each in lock.distributions}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise MakeError(
            "\n".join(f"No lock has {name}.{suggestion(name, known)}" for name in unknown)
            + "\nTo add a package, write it into 3rdparty/python/requirements.in and run "
            "`make lock`."
        )


def _report(
    root: Path,
    recipe: LockRecipe,
    before: Lock | None,
    upgrade: bool,
    names: tuple[str, ...],
) -> Iterator[str]:
    """What moved, and which of `names` did not, and why where the .in file holds it back."""
    after = parse((root / recipe.lock).read_text(), recipe.lock)
    if before is None:
        yield f"made, with {len(after.distributions)} distributions"
        return
    moved = compare(before, after)
    yield from (each.what for each in moved)
    for name in names:
        held = _held(after, (name,))
        if held and _versions(held) == _versions(_held(before, (name,))):
            yield f"{name} {_versions(held)}: nothing newer{_limits(root, recipe, name)}"
    if not names and not moved:
        yield "nothing newer" if upgrade else "nothing moved"


def _limits(root: Path, recipe: LockRecipe, name: str) -> str:
    roots = read_roots((root / recipe.requirements).read_text(), recipe.requirements)
    asked = [str(root) for _, root in roots if normalise(root.name) == name and root.specifier]
    return f" that {recipe.requirements} allows: {' and '.join(asked)}" if asked else ""


def _read(root: Path, recipe: LockRecipe) -> Lock | None:
    """The lock as it is; None where there is none, or one that a merge has broken."""
    try:
        return parse((root / recipe.lock).read_text(), recipe.lock)
    except (FileNotFoundError, LockError):
        return None


def _held(lock: Lock | None, names: tuple[str, ...]) -> tuple[Distribution, ...]:
    return tuple(each for each in lock.distributions if each.name in names) if lock else ()


def _versions(found: tuple[Distribution, ...]) -> str:
    return " and ".join(each.version for each in found)


def _name(package: str) -> str:
    return normalise(re.split(r"[^A-Za-z0-9._-]", package, maxsplit=1)[0])


def _upgrades(packages: Sequence[str]) -> tuple[str, ...]:
    return tuple(word for package in packages for word in ("--upgrade-package", package))


def _count(number: int) -> str:
    return "1 lock" if number == 1 else f"{number} locks"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="locks.make", description=__doc__)
    parser.add_argument("locks", nargs="*")
    parser.add_argument("--uv", required=True)
    parser.add_argument("--upgrade", action="store_true")
    parser.add_argument("--upgrade-package", action="append", default=[])
    options = parser.parse_args(argv)
    root = Path.cwd()
    recipes = [each for each in RECIPES if not options.locks or each.name in options.locks]
    try:
        if not make(root, recipes, options.uv, options.upgrade, options.upgrade_package):
            return 1
    except MakeError as error:
        _say(f"ci/lock: {error}")
        return 1
    except KeyboardInterrupt:
        return 130
    # A package may be in two locks that have to agree, and for two versions of Python.
    found = check(root)
    for problem in found:
        _say(problem)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
