"""Run the image's own Python on the build machine, without root and without Docker.

A Debian root that is only unpacked holds its dynamic loader and its libraries: started through that
loader, its CPython runs on any Linux of the same processor. Elsewhere the host's Python of the same
minor version stands in, and the caller gets a warning to hand on.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from plinth.archive import pyc
from plinth.platform import PLATFORM

PYTHON = f"usr/bin/python{PLATFORM.python_minor}"
VERSION = PLATFORM.python_version
_PYC = Path(pyc.__file__)
_MOST_LINKS = 40


class InterpreterError(Exception):
    """No interpreter that could compile for the image, or one that failed."""


@dataclass(frozen=True)
class Interpreter:
    """A command that starts Python 3.11. `warning` is empty for the image's own."""

    argv: tuple[str, ...]
    warning: str = ""


def interpreter(root: Path | None) -> Interpreter:
    """The Python of the unpacked Debian `root` where this machine can run it, otherwise this
    process's.

    Raises `InterpreterError` when `root` holds no Python 3.11, and when neither can serve.
    """
    if root is not None and (sys.platform, platform.machine()) == (
        PLATFORM.os,
        PLATFORM.machine,
    ):
        return of_root(root)
    if sys.version_info[:2] != VERSION or sys.implementation.name != "cpython":
        found = f"{sys.implementation.name} {platform.python_version()}"
        raise InterpreterError(
            f"cannot compile .pyc files for the image's CPython 3.11 with {found}. "
            "Install CPython 3.11."
        )
    why = (
        "no runtime is given" if root is None else f"this is {sys.platform} on {platform.machine()}"
    )
    return Interpreter(
        (sys.executable,),
        f".pyc files were compiled by this machine's Python {platform.python_version()}, not by "
        f"the image's own ({why}): the digests of layers with Python code may differ from those "
        "made on Linux x86_64.",
    )


def of_root(root: Path) -> Interpreter:
    """The Python of an unpacked Debian root, started through the root's own loader."""
    loader, python = inside(root, PLATFORM.loader), inside(root, PYTHON)
    for path, found in ((PLATFORM.loader, loader), (PYTHON, python)):
        if not found.is_file():
            raise InterpreterError(
                f"{root} has no /{path}: give a debian_root whose packages hold Python 3.11 "
                "(python3-minimal, libpython3.11-stdlib) as interpreter."
            )
    # Both stand in /lib where the root was unpacked without Debian's merge of /lib into /usr/lib.
    libraries = ":".join(str(root.absolute() / path) for path in PLATFORM.libraries)
    return Interpreter((str(loader), "--library-path", libraries, str(python)))


def inside(root: Path, path: str) -> Path:
    """The file that `path` means in the image at `root`: absolute links are of the image, not of
    the host.
    """
    done, parts, links = root.absolute(), path.split("/"), 0
    while parts:
        part = parts.pop(0)
        if part in ("", "."):
            continue
        if part == "..":
            done = done if done == root.absolute() else done.parent
            continue
        child = done / part
        if not child.is_symlink():
            done = child
            continue
        links += 1
        if links > _MOST_LINKS:
            raise InterpreterError(f"{path} in {root}: more than {_MOST_LINKS} symbolic links")
        target = os.readlink(child)
        if target.startswith("/"):
            done = root.absolute()
        parts = target.split("/") + parts
    return done


def compile_tree(python: Interpreter, root: Path, prefixes: tuple[str, ...]) -> tuple[str, ...]:
    """Compile the sources below `prefixes` in `root`, which stands for the image's `/`.

    Returns a line for each file that was left uncompiled, and why. Raises `InterpreterError` when
    the interpreter itself fails.
    """
    # Isolated: nothing of the host's variables, of its site-packages, or beside pyc.py.
    command = (*python.argv, "-I", "-S", "-B", "-X", "utf8", str(_PYC), str(root), *prefixes)
    done = subprocess.run(
        command,
        env={},
        check=False,
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
    )
    if done.returncode:
        raise InterpreterError(
            f"{' '.join(command)} failed with exit code {done.returncode}:\n{done.stderr.strip()}"
        )
    return tuple(done.stdout.splitlines())
