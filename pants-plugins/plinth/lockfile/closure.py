"""What a requirement brings with it, from the lock alone.

A lock in this format says which project requires which, for all extras that are locked and all
environments together. So the closure is never too small; where one project requires another only in
some environment, and a third requires the same one everywhere, it may hold one distribution more
than needed.
"""

from __future__ import annotations

from collections.abc import Iterable

from plinth.lockfile.distribution import Distribution, Lock, normalise
from plinth.lockfile.environment import Environment
from plinth.lockfile.errors import LockError, NotLocked


def closure(lock: Lock, names: Iterable[str], environment: Environment) -> tuple[Distribution, ...]:
    """The distributions that `names` need when installed in `environment`, themselves included, by
    name.

    What the markers keep out of `environment` is not in it, nor what only that requires. Raises
    `NotLocked` for a name that the lock does not hold for it.
    """
    wanted = {normalise(name) for name in names}
    installed = installed_in(lock, environment)
    missing = sorted(wanted - set(installed))
    if missing:
        raise NotLocked(
            tuple(missing), tuple(_not_locked(lock, name, environment) for name in missing)
        )
    requires: dict[str, list[str]] = {}
    for distribution in installed.values():
        for parent in distribution.via:
            requires.setdefault(parent, []).append(distribution.name)
    reached: set[str] = set()
    waiting = sorted(wanted)
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting.extend(requires.get(name, ()))
    return tuple(installed[name] for name in sorted(reached))


def installed_in(lock: Lock, environment: Environment) -> dict[str, Distribution]:
    """The one distribution of each project that `environment` gets, by name.

    Raises `LockError` when the markers give it two of one project.
    """
    found: dict[str, Distribution] = {}
    for distribution in lock.distributions:
        if not environment.holds(distribution.marker):
            continue
        other = found.setdefault(distribution.name, distribution)
        if other is not distribution:
            raise LockError(
                (
                    f"{lock.path}:{distribution.line}: {distribution.name} is locked to both "
                    f"{other.version} (line {other.line}) and {distribution.version} for "
                    f"{environment.name}. Run `make lock`.",
                )
            )
    return found


def _not_locked(lock: Lock, name: str, environment: Environment) -> str:
    elsewhere = [d for d in lock.distributions if d.name == name]
    if elsewhere:
        return (
            f"{lock.path}:{elsewhere[0].line}: {name} is locked for `{elsewhere[0].marker}` only, "
            f"which does not hold for {environment.name}."
        )
    return f"{lock.path}: {name} is not locked. Add it to the lock's .in file and run `make lock`."
