"""Puts what a lock names into one's own registry: `python -m plinth.debian.fill_mirror`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from plinth.debian import apt_sources, lock
from plinth.debian.errors import DebianError
from plinth.debian.fetch import fetch
from plinth.debian.lock import LockedPackage
from plinth.debian.mirror import Mirror
from plinth.oci.errors import OciError
from plinth.oci.format.reference import Repository
from plinth.oci.registry.client import Registry
from plinth.oci.registry.ecr import Ecr


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="ci/mirror",
        description="Put every .deb of a lock into a repository of your own registry, so that the "
        "commit can be built when Debian has dropped them. What is there already is not sent "
        "again, and nothing is replaced.",
    )
    parser.add_argument("--lock", type=Path, default=Path("3rdparty/debian/lock.json"))
    parser.add_argument(
        "--repository",
        default="127.0.0.1:5000/debian",
        help="host[:port]/path (default: %(default)s)",
    )
    parser.add_argument(
        "--kept",
        type=Path,
        default=_pants_cache() / "plinth_debian",
        help="a folder of what was downloaded before (default: that of Pants, %(default)s)",
    )
    options = parser.parse_args(argv)
    try:
        locked = lock.parse(options.lock.read_text(encoding="utf-8"), str(options.lock))
        repository = Repository.parse(options.repository)
        ecr = Ecr()
        ecr.prepare(repository)
        mirror = Mirror(repository, Registry(repository.host, credentials=ecr.credentials))
        added = mirror.fill(locked, lambda package: _archived(package, options.kept))
    except (DebianError, OciError, OSError) as error:
        print(f"mirror: {error}", file=sys.stderr)
        return 1
    size = sum(package.size for package in locked.packages) / 1e6
    print(
        f"{repository} has the {len(locked.packages)} packages of {options.lock} ({size:.1f} MB), "
        f"{len(added)} of them new"
    )
    return 0


def _pants_cache() -> Path:
    """Where Pants keeps what outlives its builds, unless it is configured otherwise."""
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "pants/named_caches"


def _archived(package: LockedPackage, kept: Path) -> bytes:
    print(
        f"mirror: {package.name} {package.version} ({package.size / 1e6:.1f} MB)", file=sys.stderr
    )
    return fetch(package, apt_sources.locations(package.archive), kept)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
