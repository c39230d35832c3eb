"""`python -m plinth.debian.unpack`: from `.deb` files to the tar of a root file system.

1. Each package is read (`deb`), and their trees are merged (`tree`).
2. What installation scripts would have done is done (`configure`).
3. Paths that the root is to be without are taken away, and every library is checked to be there
   (`elf`).
4. Python sources are compiled by the root's own interpreter (`plinth.archive.interpreter`).
5. The tar is written: the same packages give the same bytes on every machine
   (`plinth.archive.tar`).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from plinth.archive.interpreter import InterpreterError, compile_tree, interpreter
from plinth.archive.tar import (
    DIRECTORY,
    HARDLINK,
    SYMLINK,
    Entry,
    TarError,
    with_parents,
    write_tar,
)
from plinth.debian.configure import configure
from plinth.debian.deb import read_deb
from plinth.debian.elf import check_links
from plinth.debian.errors import DebianError, RootError
from plinth.debian.tree import Tree, merge, without


def root(
    debs: Sequence[Path], compile_below: Sequence[str] = (), exclude: Sequence[str] = ()
) -> tuple[Tree, list[str]]:
    """The root file system of the packages, and what the user should know about it.

    Raises `DebianError`, `InterpreterError`.
    """
    packages = [read_deb(path) for path in debs]
    tree = without(configure(merge(packages), packages), exclude)
    check_links(tree)
    if not compile_below:
        return tree, []
    compiled, warnings = compile_sources(tree, compile_below)
    return {entry.path: entry for entry in with_parents([*tree.values(), *compiled])}, warnings


def compile_sources(tree: Tree, below: Sequence[str]) -> tuple[list[Entry], list[str]]:
    """The `.pyc` of all sources below the paths, and warnings.

    Raises `RootError`, `InterpreterError`.
    """
    for path in below:
        if path not in tree:
            raise RootError(f"there is no /{path} in the root to compile Python sources below.")
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        lay_out(tree, base)
        python = interpreter(base)
        left_out = compile_tree(python, base, tuple(below))
        warnings = [
            *filter(None, [python.warning]),
            *(f"not compiled: {line}" for line in left_out),
        ]
        compiled = [
            Entry(path.relative_to(base).as_posix(), content=path.read_bytes())
            for prefix in below
            for path in sorted((base / prefix).rglob("__pycache__/*.pyc"))
        ]
    return compiled, warnings


def lay_out(tree: Tree, base: Path) -> None:
    """Write the tree below `base`, an empty folder. Of the modes, only the run bits are kept."""
    for path, entry in sorted(tree.items(), key=lambda item: item[0].split("/")):
        at = base / path
        if entry.kind == DIRECTORY:
            at.mkdir()
        elif entry.kind == SYMLINK:
            at.symlink_to(entry.target)
        else:
            at.write_bytes((tree[entry.target] if entry.kind == HARDLINK else entry).read())
            at.chmod(0o755 if entry.mode & 0o100 else 0o644)


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="plinth.debian.unpack", description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--deb", type=Path, nargs="+", required=True)
    parser.add_argument(
        "--compile", nargs="*", default=[], help="compile Python sources below these paths"
    )
    parser.add_argument("--exclude", nargs="*", default=[], help="patterns of paths to leave out")
    options = parser.parse_args(argv)
    try:
        tree, warnings = root(options.deb, options.compile, options.exclude)
        with options.out.open("wb") as out:
            write_tar(tree.values(), out)
    except (DebianError, InterpreterError, TarError) as error:
        print(error, file=sys.stderr)
        return error.exit_code if isinstance(error, DebianError) else 1
    for warning in warnings:
        print(warning, file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
