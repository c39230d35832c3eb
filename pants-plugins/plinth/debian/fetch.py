"""`python -m plinth.debian.fetch`: get one locked `.deb` and check that it is the locked one.

What was downloaded is kept by its hash, beyond Pants' own cache, whose key also has the mirror's
and the proxy's names. Exit code 44 means that the archive answers and no longer holds the package
at this version.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path

from plinth.debian import apt_sources, download, lock
from plinth.debian.errors import ArchiveError, DebianError, PackageGone
from plinth.debian.kept import keep
from plinth.debian.lock import LockedPackage


def fetch(
    package: LockedPackage, urls: Sequence[str], kept: Path, get: download.Get = download.get
) -> bytes:
    """The `.deb`: the kept one, or else from the first of the archive's URLs that has it.

    Raises `PackageGone` when every one answers that it has not, or has done so before and cannot be
    reached now; `ArchiveError` when one cannot be reached, or serves other bytes.
    """
    deb, gone = kept / f"{package.sha256}.deb", kept / f"{package.sha256}.gone"
    if deb.is_file() and _is_locked(package, data := deb.read_bytes()):
        return data
    try:
        data = _download(package, urls, get)
    except PackageGone as error:
        keep(gone, str(error).encode())
        raise
    except ArchiveError:
        if gone.is_file():
            raise PackageGone(gone.read_text(encoding="utf-8")) from None
        raise
    keep(deb, data)
    return data


def _download(package: LockedPackage, urls: Sequence[str], get: download.Get) -> bytes:
    failure: ArchiveError | None = None
    for url in urls:
        try:
            data = get(f"{url}/{package.path}", package.size)
        except download.NotThere:
            continue
        except ArchiveError as error:
            failure = failure or error
            continue
        if _is_locked(package, data):
            return data
        failure = failure or ArchiveError(
            f"{url}/{package.path} is not the locked {package.name} {package.version}: it has "
            f"{len(data)} bytes and sha256 {hashlib.sha256(data).hexdigest()}, the lock says "
            f"{package.size} and {package.sha256}. Something between here and the archive changed "
            "it, or the lock was edited; nothing was used."
        )
    if failure is not None:
        raise failure
    raise PackageGone(
        f"the Debian archive no longer holds {package.name} {package.version}, which the lock "
        "names: it drops a version once a newer one, mostly a security update, has replaced it "
        f"(no {package.path} at {', '.join(urls)}). Run `make lock` to take the newer one, and "
        "review what changed. To go on for now on this machine with what the archive has, set "
        "PLINTH_UNLOCKED=allow: images are then marked as unlocked."
    )


def _is_locked(package: LockedPackage, data: bytes) -> bool:
    return len(data) == package.size and hashlib.sha256(data).hexdigest() == package.sha256


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="plinth.debian.fetch", description=__doc__)
    parser.add_argument("--package", required=True, help="the package's entry in the lock, as JSON")
    parser.add_argument("--kept", type=Path, required=True, help="a folder for what was downloaded")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(argv)
    try:
        package = lock.parse_package(options.package)
        options.out.write_bytes(
            fetch(package, apt_sources.locations(package.archive), options.kept)
        )
    except DebianError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
