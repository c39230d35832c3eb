"""A layer of third-party files, from locked requirements: `python -m plinth.layers.install …`.

Runs in the sandbox. The same requirements give the same tar on every host: wheels are taken for the
runtime's platform, what an installer adds is left out, and `.pyc` are the image's own Python's.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from plinth.archive.interpreter import InterpreterError
from plinth.archive.tar import Entry, TarError, with_parents, write_tar
from plinth.layers.compiled import Report, compile_sources
from plinth.layers.errors import InstallError, fail
from plinth.layers.records import Installed, clashes, installed_in
from plinth.layers.uv_install import install

_TREE = Path("tree")


def layer(distributions: tuple[Installed, ...], at: str, runtime: Path | None, out: Path) -> Report:
    """Write the tar of what is installed below `at` in the tree. Raises `InstallError`."""
    found = clashes(distributions)
    if found:
        raise InstallError(
            "two distributions fill one path, and only one of them would be there:\n  "
            + "\n  ".join(found)
            + "\nA function can have one of them: remove the requirement that brings the other."
        )
    files = sorted({row.path for distribution in distributions for row in distribution.rows})
    sources = (f"{at}/{path}" for path in files if path.endswith(".py"))
    compiled, left_out, warning = compile_sources(_TREE, sources, runtime)
    with out.open("wb") as tar:
        write_tar(with_parents(_entries(distributions, at, compiled)), tar)
    requires = tuple((distribution.name, distribution.requires) for distribution in distributions)
    return Report(left_out, warning, tuple(files), requires)


def _entries(
    distributions: tuple[Installed, ...], at: str, compiled: tuple[str, ...]
) -> Iterator[Entry]:
    yielded: set[str] = set()
    for distribution in distributions:
        for row in distribution.rows:
            path = f"{at}/{row.path}"
            if path in yielded:  # the same content in two distributions, as of a namespace package
                continue
            yielded.add(path)
            if row.path == distribution.record:
                yield Entry(path, content=distribution.record_text.encode())
            else:
                mode = 0o755 if os.access(_TREE / path, os.X_OK) else 0o644
                yield Entry(path, mode=mode, content=_TREE / path)
    for path in compiled:
        yield Entry(path, content=_TREE / path)


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="plinth.layers.install")
    parser.add_argument("--requirements", type=Path, required=True)
    parser.add_argument(
        "--at", required=True, help="the folder in the image, without a slash before it"
    )
    parser.add_argument("--platform", required=True)
    parser.add_argument("--python-version", required=True)
    parser.add_argument("--runtime", type=Path)
    parser.add_argument("--tar", type=Path, required=True)
    args = parser.parse_args(argv)
    target = _TREE / args.at
    target.mkdir(parents=True)
    try:
        install(args.requirements, target, args.platform, args.python_version)
        report = layer(installed_in(target), args.at, args.runtime, args.tar)
    except (InstallError, InterpreterError, TarError) as error:
        return fail(error)
    print(report.to_json())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
