"""Whether the locks are fit to build from: `python -m locks.check`, with Pants' own packages."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from locks.table import AGREEMENTS, RECIPES, Agreement, LockRecipe
from plinth.lockfile.check import problems
from plinth.lockfile.distribution import Lock
from plinth.lockfile.environment import RUNTIME, Environment
from plinth.lockfile.parse import parse


def check(root: Path) -> tuple[str, ...]:
    """Every problem of every lock below `root`, each with its file and what to do."""
    found = [problem for recipe in RECIPES for problem in _lock_problems(root, recipe)]
    return (*found, *_strangers(root), *(() if found else _disagreements(root)))


def disagreements(one: Lock, other: Lock, environment: Environment) -> Iterator[str]:
    """The distributions that both locks install in `environment`, in two versions."""
    first, second = _installed(one, environment), _installed(other, environment)
    for name in sorted(first.keys() & second.keys()):
        if first[name] != second[name]:
            yield (
                f"{one.path} has {name} {first[name]} and {other.path} has {second[name]} for "
                f"{environment.name}: they must be the same. Pin it in the .in files, then run "
                "`make lock`."
            )


def _lock_problems(root: Path, recipe: LockRecipe) -> tuple[str, ...]:
    try:
        requirements = (root / recipe.requirements).read_text()
        lock = (root / recipe.lock).read_text()
    except FileNotFoundError as error:
        return (
            f"{error.filename} does not exist. Run `make lock`, or drop it from ci/locks/table.py.",
        )
    return problems(requirements, lock, recipe.lock, recipe.requirements)


def _strangers(root: Path) -> Iterator[str]:
    known = {recipe.requirements for recipe in RECIPES}
    for folder in sorted({Path(recipe.path).parent for recipe in RECIPES}):
        for path in sorted((root / folder).glob("*.in")):
            name = path.relative_to(root).as_posix()
            if name not in known:
                yield f"{name} is locked by nobody. Add it to ci/locks/table.py."


def _disagreements(root: Path) -> Iterator[str]:
    locks = {
        recipe.name: parse((root / recipe.lock).read_text(), recipe.lock) for recipe in RECIPES
    }
    for agreement in AGREEMENTS:
        yield from disagreements(
            locks[agreement.one], locks[agreement.other], _environment(agreement)
        )


def _environment(agreement: Agreement) -> Environment:
    python = {"python_version": agreement.python, "python_full_version": f"{agreement.python}.0"}
    variables = {**dict(RUNTIME.variables), **python}
    return Environment(f"Python {agreement.python}", tuple(variables.items()))


def _installed(lock: Lock, environment: Environment) -> dict[str, str]:
    return {d.name: d.version for d in lock.distributions if environment.holds(d.marker)}


def main() -> int:
    found = check(Path.cwd())
    for problem in found:
        print(problem, file=sys.stderr)
    if not found:
        print(f"{len(RECIPES)} Python locks are sound and answer their .in files.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
