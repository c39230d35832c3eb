"""`python -m plinth.debian.current`: a lock of what the archive has now for another lock's request.

Only for a machine that is allowed to go on when a locked version has left the archive. The last
answer is kept, so that such a machine builds without a network too once it has built with one.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path

from plinth.debian import lock
from plinth.debian.errors import ArchiveError, DebianError
from plinth.debian.kept import keep
from plinth.debian.lock import Lock
from plinth.debian.make_lock import resolve_now
from plinth.debian.packages_file import PackagesFile


def current(locked: Lock, keyring: Path, kept: Path) -> str:
    """The text of a lock for the same request. `kept` is a folder for it. Raises `DebianError`."""
    request = PackagesFile(locked.architecture, locked.suites, locked.wanted, locked.excluded)
    last = kept / f"current-{hashlib.sha256(repr(request).encode()).hexdigest()}.json"
    try:
        text = lock.dump(resolve_now(request, keyring, lambda line: print(line, file=sys.stderr)))
    except ArchiveError:
        if not last.is_file():
            raise
        return last.read_text(encoding="utf-8")
    keep(last, text.encode())
    return text


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="plinth.debian.current", description=__doc__)
    parser.add_argument("--lock", type=Path, required=True)
    parser.add_argument("--keyring", type=Path, required=True)
    parser.add_argument("--kept", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(argv)
    try:
        locked = lock.parse(options.lock.read_text(encoding="utf-8"), str(options.lock))
        options.out.write_text(current(locked, options.keyring, options.kept), encoding="utf-8")
    except DebianError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
