"""Makes the locks of everything that comes from outside, or checks them.

    ci/lock                            every lock again; Python versions locked already stay
    ci/lock python lint debian         these locks only, by their folder's name
    ci/lock --upgrade                  the newest versions that the .in files allow
    ci/lock --upgrade-package boto3    the newest of one, where it is locked (may be repeated)
    ci/lock --check                    changes and fetches nothing; fails on a stale or unsound lock

Prints what moved in each lock: `boto3 1.44.5 → 1.45.0`, `nothing moved`, `nothing newer`.
Indexes and archives are those that this machine is configured with. No lock names one.
"""

from __future__ import annotations

import argparse
import difflib
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from locks.table import RECIPES

ROOT = Path(__file__).resolve().parent.parent
_DEBIAN = "debian"
_NAMES = (*(recipe.name for recipe in RECIPES), _DEBIAN)
_INDEX_VARIABLES = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_NO_CONFIG")
_DEBIAN_MAKER = (
    *("-m", "plinth.debian.make_lock"),
    *("--packages-file", "3rdparty/debian/packages.txt", "--lock", "3rdparty/debian/lock.json"),
)


def main(argv: list[str]) -> int:
    parser = _parser()
    arguments = parser.parse_args(argv)
    for name in arguments.locks:
        if name not in _NAMES:
            near = difflib.get_close_matches(name, _NAMES, n=1)
            parser.error(
                f"no lock is called {name}."
                + (f" Did you mean {near[0]}?" if near else f" There are {', '.join(_NAMES)}.")
            )
    try:
        return _check() if arguments.check else _make(arguments)
    except subprocess.CalledProcessError as error:
        print(f"ci/lock: {' '.join(error.cmd[:4])} … failed; see above.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("ci/lock: interrupted. `git diff --stat` shows what was made.", file=sys.stderr)
        return 130


def _check() -> int:
    python = _venv("pants", "3.9") / "bin/python"
    locks = _run((str(python), "-B", "-m", "locks.check"), pythonpath=("pants-plugins", "ci"))
    debian = _run((_builder(), "-B", *_DEBIAN_MAKER, "--check"), pythonpath=("pants-plugins",))
    return max(locks, debian)


def _make(arguments: argparse.Namespace) -> int:
    """The locks that were named; else all, or the Python locks that hold a package to upgrade."""
    named, packages = arguments.locks, arguments.upgrade_package
    codes = []
    with _debian_meanwhile(_DEBIAN in named or not (named or packages)) as debian:
        python = [name for name in named if name != _DEBIAN]
        if python or not named:
            codes.append(_make_python_locks(python, arguments.upgrade, packages))
        if debian:
            output, _ = debian.communicate()
            print("3rdparty/debian/lock.json", *output.splitlines(), sep="\n  ", flush=True)
            codes.append(debian.returncode)
    return max(codes)


@contextmanager
def _debian_meanwhile(wanted: bool) -> Iterator[subprocess.Popen[str] | None]:
    """The maker of Debian's lock, at work beside that of the Python locks; it ends with this."""
    if not wanted:
        yield None
        return
    maker = subprocess.Popen(
        (_builder(), "-B", *_DEBIAN_MAKER),
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "pants-plugins")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with maker:
        try:
            yield maker
        finally:
            if maker.poll() is None:
                maker.terminate()


def _make_python_locks(names: list[str], upgrade: bool, packages: list[str]) -> int:
    uv = _venv("uv", "3.11")
    every = ("--upgrade",) if upgrade else ()
    upgrades = (word for package in packages for word in ("--upgrade-package", package))
    return _run(
        (
            *(str(_venv("pants", "3.9") / "bin/python"), "-B", "-m", "locks.make"),
            *("--uv", str(uv / "bin/uv"), *every, *upgrades, *names),
        ),
        pythonpath=("pants-plugins", "ci"),
        environment=index_environment(os.environ, _pip_index(uv)),
    )


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


def _run(
    command: tuple[str, ...],
    pythonpath: tuple[str, ...] = (),
    environment: Mapping[str, str] | None = None,
) -> int:
    path = os.pathsep.join(str(ROOT / entry) for entry in pythonpath)
    env = {**(environment or os.environ), **({"PYTHONPATH": path} if path else {})}
    return subprocess.run(command, cwd=ROOT, env=env, check=False).returncode


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ci/lock", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("locks", nargs="*", metavar="LOCK", help=", ".join(_NAMES))
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--upgrade", action="store_true")
    parser.add_argument("--upgrade-package", action="append", default=[], metavar="NAME")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
