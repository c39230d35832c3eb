"""One file of a locked wheel: `python -m plinth.layers.wheel_member …`. Runs in the sandbox."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from plinth.layers.errors import InstallError, fail
from plinth.layers.uv_install import install

_FOLDER = Path("installed")


def take(folder: Path, path: str, out: Path, executable: bool) -> None:
    """Copy the file at `path` in `folder` to `out`. Raises `InstallError` when it is not there."""
    found = folder / path
    if not found.is_file():
        near = sorted(p.relative_to(folder).as_posix() for p in folder.rglob(found.name))
        hint = f" The wheel has {', '.join(near)}." if near else ""
        raise InstallError(f"the wheel has no file {path}.{hint}")
    out.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(found, out)
    out.chmod(0o755 if executable else 0o644)


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="plinth.layers.wheel_member")
    parser.add_argument("--requirements", type=Path, required=True)
    parser.add_argument("--platform", required=True)
    parser.add_argument("--python-version", required=True)
    parser.add_argument("--path", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--executable", action="store_true")
    args = parser.parse_args(argv)
    _FOLDER.mkdir()
    try:
        install(args.requirements, _FOLDER, args.platform, args.python_version)
        take(_FOLDER, args.path, args.out, args.executable)
    except InstallError as error:
        return fail(error)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
