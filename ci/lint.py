"""Every static check of the repository, by tools from hash locks.

    ci/lint          runs them all and names those that fail
    ci/lint --fix    lets ruff repair and format first

ruff's and mypy's settings stand in pyproject.toml.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_BOOTSTRAP = "3rdparty/tools/bootstrap"
# What Pants' Python runs, or any Python from it on; and what the images' Python runs.
_PLUGIN_SOURCES = ("pants-plugins", "ci", "3rdparty/tools")
_PRODUCT_SOURCES = ("src", "lambdas", "tests", "bench")
# Stands on a lock of its own, which has the browser too: none of it is in an image.
_DELIVERY_SOURCES = ("src/delivery", "src/delivery_testing", "tests/browser")
# It asks the plugins' own engine of this repository's lock.
_PLUGIN_TEST = "tests/monorepo/every_distribution_test.py"


@dataclass(frozen=True)
class Check:
    """A command, run at the repository's root, that fails if something is wrong."""

    name: str
    command: tuple[str, ...]


def main(argv: list[str]) -> int:
    if argv not in ([], ["--fix"]):
        asked_for_help = argv in (["-h"], ["--help"])
        print(__doc__.strip(), file=sys.stdout if asked_for_help else sys.stderr)
        return 0 if asked_for_help else 2
    lint = _venv("lint", "3.11")
    if argv:
        for arguments in (("check", "--fix-only", "--exit-zero"), ("format",)):
            subprocess.run((f"{lint}/bin/ruff", *arguments, "--quiet"), cwd=ROOT, check=True)
    failed = [check.name for check in checks(lint) if not _passes(check)]
    print(f"lint: failed: {', '.join(failed)}" if failed else "lint: all checks passed")
    return 1 if failed else 0


def checks(lint: Path) -> Iterator[Check]:
    """Cheapest first. `lint` is the environment of the tools."""
    yield Check(
        "ruff check", (f"{lint}/bin/ruff", "check", "--quiet", "--output-format", "concise")
    )
    yield Check("ruff format", (f"{lint}/bin/ruff", "format", "--check", "--quiet"))
    yield Check("shellcheck", (f"{lint}/bin/shellcheck", *_shell_scripts()))
    # It runs shellcheck on what the steps run, where it finds one.
    shellcheck = f"-shellcheck={lint}/bin/shellcheck"
    yield Check("workflows", (f"{lint}/bin/actionlint", shellcheck))
    # Offline: what it would ask GitHub for needs a token, and would change while nothing here does.
    pedantic = ("--offline", "--persona=pedantic", "--no-progress", "--quiet")
    yield Check("workflows are safe", (f"{lint}/bin/zizmor", *pedantic, "."))
    yield Check("locks", ("ci/lock", "--check"))
    yield Check("documents", ("3rdparty/tools/python", "ci/documents.py"))
    yield Check("pictures", ("3rdparty/tools/python", "ci/pictures.py", "--check"))
    plugins = _venv("plugins", "3.9")
    yield Check(
        "mypy, Python 3.9",
        (*_mypy(lint, plugins, "3.9", _PLUGIN_SOURCES, ("tests",)), _PLUGIN_TEST),
    )
    product = _venv("3rdparty/python/requirements.txt", "3.11")
    yield Check(
        "mypy, Python 3.11",
        (
            *_mypy(lint, product, "3.11", _PRODUCT_SOURCES, ("pants-plugins",)),
            *("--exclude", _PLUGIN_TEST, "--exclude", "|".join(_DELIVERY_SOURCES)),
        ),
    )
    delivery = _venv("delivery", "3.11")
    yield Check(
        "mypy, delivery",
        _mypy(lint, delivery, "3.11", _DELIVERY_SOURCES, ("src",), "delivery"),
    )


def _mypy(
    lint: Path,
    packages: Path,
    python: str,
    sources: tuple[str, ...],
    more_path: tuple[str, ...],
    cache: str = "",
) -> tuple[str, ...]:
    """mypy with the types of `packages`. `sources` are source roots, or below one."""
    roots = (source for source in sources if source not in _DELIVERY_SOURCES)
    return (
        *("env", f"MYPYPATH={':'.join((*roots, *more_path))}"),
        *(f"{lint}/bin/mypy", "--python-version", python, "--no-error-summary"),
        *("--python-executable", f"{packages}/bin/python"),
        *("--cache-dir", f".mypy_cache/{cache or python}"),
        *(source for source in sources if any((ROOT / source).rglob("*.py"))),
    )


def _passes(check: Check) -> bool:
    print(f"lint: {check.name}", flush=True)
    return subprocess.run(check.command, cwd=ROOT, check=False).returncode == 0


def _shell_scripts() -> tuple[str, ...]:
    """The tracked files that bash runs, which have no ending to know them by."""
    listed = subprocess.run(
        ("git", "ls-files", "-z"), cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    return tuple(
        name for name in sorted(listed.stdout.split("\0")) if name and _is_bash(ROOT / name)
    )


def _is_bash(path: Path) -> bool:
    if not path.is_file() or path.is_symlink():
        return False
    with path.open("rb") as file:
        return file.readline() in (b"#!/usr/bin/env bash\n", b"#!/bin/bash\n")


def _venv(lock: str, python: str) -> Path:
    command = (_BOOTSTRAP, "venv", lock, "--python", python)
    made = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if made.returncode != 0:
        sys.exit(made.returncode)
    return Path(made.stdout.strip())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
