"""Builds the images of a release again, from its commit alone, and compares every digest.

The commit is checked out in a scratch clone. When a digest differs, the layer and the files in it
that do are named.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from plinth.oci.engine import registry_host
from plinth.oci.errors import OciError
from plinth.oci.layout import Image, read_image
from plinth.oci.publish import usual_registries
from plinth.oci.reference import Repository
from plinth.oci.registry import Registry
from plinth.release.artefact import find_release
from plinth.release.errors import ReleaseError
from plinth.release.record import Release
from plinth.release.verify import Verifier

ROOT = Path(__file__).resolve().parents[1]


@contextmanager
def checked_out(commit: str) -> Iterator[Path]:
    """A clone with the commit checked out, which is gone when the block ends."""
    outside = Path(tempfile.mkdtemp(prefix="plinth-verify-"))
    clone = outside / "plinth"
    try:
        _run("git", "clone", "--quiet", "--no-checkout", str(ROOT), str(clone))
        _run("git", "-C", str(clone), "checkout", "--quiet", "--detach", commit)
        yield clone
    finally:
        shutil.rmtree(outside, ignore_errors=True)


def _run(*command: str, cwd: Path | None = None) -> None:
    if subprocess.run(command, cwd=cwd, stdout=sys.stderr, check=False).returncode != 0:
        raise ReleaseError(f"{' '.join(command)} failed; what it said stands above")


def build(clone: Path, addresses: Sequence[str]) -> tuple[Image, ...]:
    """The images of these targets, assembled in the clone."""
    _run("./pants", "--no-dynamic-ui", "--no-pantsd", "package", *addresses, cwd=clone)
    return tuple(read_image(index.parent) for index in sorted(clone.glob("dist/**/index.json")))


def verify(release: Release, registry: Registry) -> list[str]:
    """What is not as in the release."""
    with checked_out(release.commit) as clone:
        built = build(clone, [image.address for image in release.images])
        return list(Verifier(registry, built).differences(release))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ci/verify", description=__doc__)
    parser.add_argument("release", help="the release's id, such as 2026-11-22.1")
    parser.add_argument(
        "--repository",
        default=f"{registry_host()}/releases",
        help="host[:port]/path of the releases (default: %(default)s)",
    )
    return parser


def main(argv: Sequence[str]) -> int:
    options = _parser().parse_args(argv)
    # The clone's Pants must not see the modules of this one.
    os.environ.pop("PYTHONPATH", None)
    try:
        repository = Repository.parse(options.repository)
        registry = usual_registries().connect(repository.host)
        release = find_release(registry, repository.path, options.release)
        if release is None:
            raise ReleaseError(f"there is no release {repository}:{options.release}")
        found = verify(release, registry)
    except (OciError, ReleaseError) as error:
        print(f"verify: {error}", file=sys.stderr)
        return 1
    if found:
        print(f"verify: {release.id} is not what commit {release.commit} gives:", *found, sep="\n")
        return 1
    print(f"{len(release.images)} images of {release.id}, the same from {release.commit}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
