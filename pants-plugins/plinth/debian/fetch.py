"""`python -m plinth.debian.fetch`: get one locked `.deb` and check that it is the locked one.

One's own mirror is asked before the archive, which drops versions.

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
from typing import Callable

from plinth.debian import apt_sources, download, lock
from plinth.debian.errors import ArchiveError, DebianError, PackageGone
from plinth.debian.kept import keep
from plinth.debian.lock import LockedPackage
from plinth.debian.mirror import Mirror
from plinth.oci.errors import OciError
from plinth.oci.format.reference import Repository


def fetch(
    package: LockedPackage, urls: Sequence[str], kept: Path, get: download.Get = download.get
) -> bytes:
    """The `.deb`: the kept one, or else from the first of the archive's URLs that has it.

    Raises `PackageGone` when every one answers that it has not, or has done so before and cannot be
    reached now; `ArchiveError` when one cannot be reached, or serves other bytes.
    """
    deb, gone = _file(package, kept), kept / f"{package.sha256}.gone"
    data = _kept(package, kept)
    if data is not None:
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


def kept_or_mirrored(
    package: LockedPackage, kept: Path, mirror: Mirror, say: Callable[[str], None]
) -> bytes | None:
    """The `.deb` without the archive: the kept one, or the mirror's; None where neither has it.

    Why a mirror could not be asked, or what is wrong with its bytes, is said.
    """
    data = _kept(package, kept)
    if data is not None:
        return data
    try:
        data = mirror.find(package)
    except OciError as error:
        say(f"the mirror {mirror.repository} does not give {package.name}: {error}")
        return None
    if data is not None:
        keep(_file(package, kept), data)
    return data


def _file(package: LockedPackage, kept: Path) -> Path:
    return kept / f"{package.sha256}.deb"


def _kept(package: LockedPackage, kept: Path) -> bytes | None:
    file = _file(package, kept)
    data = file.read_bytes() if file.is_file() else b""
    return data if _is_locked(package, data) else None


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
    parser.add_argument("--mirror", help="host[:port]/path of one's own mirror, asked first")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(argv)
    said: list[str] = []
    try:
        package = lock.parse_package(options.package)
        data = None
        if options.mirror:
            mirror = Mirror(Repository.parse(options.mirror))
            data = kept_or_mirrored(package, options.kept, mirror, said.append)
        if data is None:
            data = fetch(package, apt_sources.locations(package.archive), options.kept)
        options.out.write_bytes(data)
    except (DebianError, OciError) as error:
        print(" ".join((str(error), *said)), file=sys.stderr)
        return getattr(error, "exit_code", 1)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
