"""`python -m plinth.debian.make_lock`: make the lock from the packages file, or check it.

1. The packages file says what is wanted (`packages_file`).
2. Each suite's index is fetched and its signature checked against the keyring (`archive`).
3. The newest version of each package and of its dependencies is chosen (`resolve`).
4. The lock is written, and what moved is printed.

With `--check` nothing is fetched: the lock must answer the packages file as it now stands.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Callable

from plinth.debian import apt_sources, archive, lock, packages_file
from plinth.debian.errors import DebianError, LockError
from plinth.debian.lock import Lock, LockedPackage
from plinth.debian.packages_file import PackagesFile
from plinth.debian.resolve import resolve


def resolve_now(request: PackagesFile, keyring: Path, say: Callable[[str], None]) -> Lock:
    """The lock that the archive as it is now gives. Raises `DebianError`."""
    index = archive.read_index(
        request.suites,
        request.architecture,
        keyring,
        apt_sources.locations,
        lambda text: say(f"Warning: {text}"),
    )
    return resolve(index, request)


def check(request: PackagesFile, locked: Lock, packages_path: str, lock_path: str) -> None:
    """Raise `LockError` when the lock answers another request than this one."""
    differences = [
        f"{name}: {', '.join(there) or 'none'} in {packages_path}, {', '.join(here) or 'none'} in "
        f"{lock_path}"
        for name, there, here in (
            ("architecture", (request.architecture,), (locked.architecture,)),
            ("suites", request.suites, locked.suites),
            ("wanted", request.wanted, locked.wanted),
            ("left out", request.excluded, locked.excluded),
        )
        if there != here
    ]
    if differences:
        raise LockError(f"{lock_path} is stale: {'; '.join(differences)}. Run `make lock`.")


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="plinth.debian.make_lock", description=__doc__)
    parser.add_argument("--packages-file", type=Path, required=True)
    parser.add_argument("--lock", type=Path, required=True)
    parser.add_argument(
        "--keyring", type=Path, help="default: keyring.gpg beside the packages file"
    )
    parser.add_argument("--check", action="store_true", help="change nothing, fetch nothing")
    options = parser.parse_args(argv)
    try:
        return _run(options.packages_file, options.lock, options.keyring, options.check)
    except DebianError as error:
        print(f"Error: {error}", file=sys.stderr)
        return error.exit_code


def _run(packages_path: Path, lock_path: Path, keyring: Path | None, only_check: bool) -> int:
    request = packages_file.read(packages_path)
    if only_check:
        locked = _read(lock_path)
        check(request, locked, str(packages_path), str(lock_path))
        print(f"{lock_path} answers {packages_path}: {len(locked.packages)} packages.")
        return 0
    print(f"Reading the archive's index for {', '.join(request.suites)}", file=sys.stderr)
    found = resolve_now(
        request,
        keyring or packages_path.with_name("keyring.gpg"),
        lambda text: print(text, file=sys.stderr),
    )
    for line in lock.changes(_packages_before(lock_path), found.packages):
        print(line)
    lock_path.write_text(lock.dump(found), encoding="utf-8")
    megabytes = sum(package.size for package in found.packages) / 1e6
    print(f"{lock_path}: {len(found.packages)} packages, {megabytes:.1f} MB to fetch.")
    return 0


def _read(lock_path: Path) -> Lock:
    try:
        return lock.parse(lock_path.read_text(encoding="utf-8"), str(lock_path))
    except FileNotFoundError:
        raise LockError(f"{lock_path} does not exist. Run `make lock`.") from None


def _packages_before(lock_path: Path) -> tuple[LockedPackage, ...]:
    """What was locked; nothing where there was no lock, or one that a merge has broken."""
    try:
        return _read(lock_path).packages
    except (LockError, UnicodeDecodeError):
        return ()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
