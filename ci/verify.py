"""Holds a release against its registry, and against a build of its commit alone.

The registry must have every image of the record under its tag, whole: each blob is read and hashed.
The commit is checked out in a scratch clone, and must give every digest again, from what is locked
alone. Where a digest differs, the layer and the files in it that do are named.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from plinth.oci.errors import OciError, printable_lines
from plinth.oci.format.reference import Repository
from plinth.oci.publish.engine import registry_host
from plinth.oci.publish.publish import usual_registries
from plinth.oci.registry.client import Registry
from plinth.release.artefact import find_documents, read_record
from plinth.release.errors import ReleaseError
from plinth.release.rebuild import build, checked_out
from plinth.release.record import Release
from plinth.release.verify import Verifier, changed_bills, unlocked

ROOT = Path(__file__).resolve().parents[1]


def differences(release: Release, registry: Registry) -> Iterator[str]:
    """What the registry has not, or the commit does not give, as the record says."""
    _say(f"reading {len(release.images)} images of {release.id} in {registry.host}")
    yield from Verifier(registry).in_registry(release)
    found = tuple(unlocked(release))
    yield from found
    if found:
        return
    with checked_out(ROOT, release.commit) as clone:
        _say(f"building {release.commit} in {clone}")
        built = build(clone, [image.address for image in release.images])
        yield from Verifier(registry, built).differences(release)


def _say(line: str) -> None:
    print(printable_lines(f"verify: {line}"), file=sys.stderr, flush=True)


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
    try:
        repository = Repository.parse(options.repository)
        registry = usual_registries().connect(repository.host)
        documents = find_documents(registry, repository.path, options.release)
        what = f"{repository}:{options.release}"
        if documents is None:
            raise ReleaseError(f"there is no release {what}")
        release = read_record(documents, what)
        found = [*changed_bills(release, documents), *differences(release, registry)]
    except OciError as error:
        _say(str(error))
        return 1
    if found:
        head = f"verify: {release.id}, its registry and commit {release.commit} do not agree:"
        print(printable_lines("\n".join((head, *found))))
        return 1
    print(
        f"{len(release.images)} images of {release.id}: the record, {repository.host} and a build "
        f"of {release.commit} agree"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
