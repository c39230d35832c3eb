"""Tells two releases of a registry apart: `python -m plinth.release.compare --help`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from plinth.images.errors import ImageError
from plinth.images.fingerprint import ImageFingerprint
from plinth.images.fingerprints import parse as parse_fingerprints
from plinth.oci.errors import OciError, printable
from plinth.oci.format.reference import Repository
from plinth.oci.publish.publish import usual_registries
from plinth.release.artefact import FINGERPRINTS, RECORD, find_documents
from plinth.release.diff import differences
from plinth.release.errors import ReleaseError
from plinth.release.record import Release, parse


def read(repository: Repository, release_id: str) -> tuple[Release, tuple[ImageFingerprint, ...]]:
    """A release, and what its images are made of. Raises `ReleaseError` when it is not there."""
    what = f"{repository}:{release_id}"
    registry = usual_registries().connect(repository.host)
    documents = find_documents(registry, repository.path, release_id)
    if documents is None:
        raise ReleaseError(f"there is no release {what}")
    if not {RECORD, FINGERPRINTS} <= documents.keys():
        raise ReleaseError(f"{what} is not a release: it holds {', '.join(sorted(documents))}")
    fingerprints = parse_fingerprints(documents[FINGERPRINTS].decode(), what)
    return parse(documents[RECORD], what), fingerprints


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m plinth.release.compare",
        description="Say which images differ between two releases, by which packages and files.",
    )
    parser.add_argument("--repository", required=True, help="host[:port]/path of the releases")
    parser.add_argument("before")
    parser.add_argument("after")
    options = parser.parse_args(argv)
    repository = Repository.parse(options.repository)
    try:
        before, made_before = read(repository, options.before)
        after, made_after = read(repository, options.after)
    except (OciError, ImageError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(*map(printable, differences(before, after, (made_before, made_after))), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
