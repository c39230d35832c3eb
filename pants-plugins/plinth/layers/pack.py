"""A layer of first-party files, compiled: `python -m plinth.layers.pack …`.

Runs in the sandbox, where the files stand in `tree/` as they are to stand in the image's `/`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from plinth.archive.interpreter import InterpreterError
from plinth.archive.tar import FILE, Entry, TarError, tree_entries, with_parents, write_tar
from plinth.layers import handler
from plinth.layers.compiled import Report, compile_sources
from plinth.layers.errors import LayerError, fail

TREE = Path("tree")


def layer(tree: Path, executables: Collection[str], runtime: Path | None, out: Path) -> Report:
    """Write the tar of the tree and of its compiled sources.

    `executables` are the paths in the tree with an execute bit. The disk does not tell: Pants shows
    every large file of a sandbox as executable.
    """
    entries = [
        replace(e, mode=0o755 if e.path in executables else 0o644) if e.kind == FILE else e
        for e in tree_entries(tree)
    ]
    sources = (e.path for e in entries if e.kind == FILE and e.path.endswith(".py"))
    compiled, left_out, warning = compile_sources(tree, sources, runtime)
    entries += [Entry(path, content=tree / path) for path in compiled]
    with out.open("wb") as tar:
        write_tar(with_parents(entries), tar)
    return Report(left_out, warning)


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="plinth.layers.pack")
    parser.add_argument("--runtime", type=Path)
    parser.add_argument("--executable", action="append", default=[])
    parser.add_argument("--tar", type=Path, required=True)
    parser.add_argument(
        "--handler",
        nargs=3,
        metavar=("FILE", "SOURCE", "NAME"),
        help="a module here, its path in the repository, and a function that it must have",
    )
    args = parser.parse_args(argv)
    if args.handler:
        file, source, name = args.handler
        wrong = handler.problem(Path(file).read_bytes(), source, name)
        if wrong:
            return fail(LayerError(wrong))
    try:
        report = layer(TREE, frozenset(args.executable), args.runtime, args.tar)
    except (InterpreterError, TarError) as error:
        return fail(error)
    print(report.to_json())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
