"""Makes the locks of everything that comes from outside, or checks them.

    ci/lock                            every lock again; Python versions locked already stay
    ci/lock requirements lint debian   these locks only, by their file's name
    ci/lock --upgrade                  the newest versions that the .in files allow
    ci/lock --upgrade-package boto3    the newest of one (may be repeated)
    ci/lock --check                    changes and fetches nothing; fails on a stale or unsound lock

Indexes and archives are those that this machine is configured with. No lock names one.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from locks.table import RECIPES, LockRecipe

ROOT = Path(__file__).resolve().parent.parent
_DEBIAN = "debian"
_INDEX_VARIABLES = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_NO_CONFIG")
_DEBIAN_MAKER = (
    *("-m", "plinth.debian.make_lock"),
    *("--packages-file", "3rdparty/debian/packages.txt", "--lock", "3rdparty/debian/lock.json"),
)


def main(argv: list[str]) -> int:
    arguments = _parser().parse_args(argv)
    try:
        if arguments.check:
            return _check()
        _make(set(arguments.locks), _upgrades(arguments))
    except subprocess.CalledProcessError as error:
        print(
            f"ci/lock: {' '.join(error.cmd[:4])} … failed; what it said stands above.",
            file=sys.stderr,
        )
        return 1
    return 0


def _check() -> int:
    python = _venv("pants", "3.9") / "bin/python"
    locks = _run((str(python), "-B", "-m", "locks.check"), pythonpath=("pants-plugins", "ci"))
    debian = _run((_builder(), "-B", *_DEBIAN_MAKER, "--check"), pythonpath=("pants-plugins",))
    return max(locks, debian)


def _make(wanted: set[str], upgrades: tuple[str, ...]) -> None:
    recipes = [recipe for recipe in RECIPES if not wanted or recipe.name in wanted]
    if recipes:
        _make_python_locks(recipes, upgrades)
    if not wanted or _DEBIAN in wanted:
        print("3rdparty/debian/lock.json", flush=True)
        _must((_builder(), "-B", *_DEBIAN_MAKER), pythonpath=("pants-plugins",))


def _make_python_locks(recipes: list[LockRecipe], upgrades: tuple[str, ...]) -> None:
    venv = _venv("uv", "3.11")
    environment = index_environment(os.environ, _pip_index(venv))
    for recipe in recipes:
        print(recipe.lock, flush=True)
        _must(recipe.command(str(venv / "bin/uv"), upgrades), environment=environment)


def index_environment(env: Mapping[str, str], pip_index: str) -> dict[str, str]:
    """uv does not read pip's configuration: it gets pip's index, where it has none of its own."""
    if not pip_index or any(name in env for name in _INDEX_VARIABLES):
        return dict(env)
    return {**env, "UV_DEFAULT_INDEX": pip_index}


def _pip_index(venv: Path) -> str:
    command = [str(venv / "bin/python"), "-I", "-m", "pip", "config", "get", "global.index-url"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    return os.environ.get("PIP_INDEX_URL") or found.stdout.strip()


def _builder() -> str:
    return str(_venv("builder", "3.11") / "bin/python")


def _venv(name: str, python: str) -> Path:
    command = [str(ROOT / "3rdparty/tools/bootstrap"), "venv", name, "--python", python]
    return Path(
        subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    )


def _must(command: tuple[str, ...], **options: object) -> None:
    code = _run(command, **options)  # type: ignore[arg-type]
    if code:
        raise subprocess.CalledProcessError(code, command)


def _run(
    command: tuple[str, ...],
    pythonpath: tuple[str, ...] = (),
    environment: Mapping[str, str] | None = None,
) -> int:
    path = os.pathsep.join(str(ROOT / entry) for entry in pythonpath)
    env = {**(environment or os.environ), **({"PYTHONPATH": path} if path else {})}
    return subprocess.run(command, cwd=ROOT, env=env, check=False).returncode


def _upgrades(arguments: argparse.Namespace) -> tuple[str, ...]:
    every = ("--upgrade",) if arguments.upgrade else ()
    return (
        *every,
        *(word for name in arguments.upgrade_package for word in ("--upgrade-package", name)),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ci/lock", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = [*(recipe.name for recipe in RECIPES), _DEBIAN]
    parser.add_argument("locks", nargs="*", metavar="LOCK", help=", ".join(names))
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--upgrade", action="store_true")
    parser.add_argument("--upgrade-package", action="append", default=[], metavar="NAME")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
