"""The images of an application as a release has them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass

from pants.base.build_root import BuildRoot
from pants.engine.addresses import Addresses, UnparsedAddressInputs
from pants.engine.rules import Get, MultiGet, Rule, _uncacheable_rule, collect_rules, rule
from pants.engine.unions import UnionRule

from plinth.git.util_rules.commit import Commit, CommitRequest
from plinth.images.fingerprint import ImageFingerprint, of_unlocked
from plinth.images.util_rules.fingerprint import ImageFingerprintRequest
from plinth.images.util_rules.publication import ImagePublishSubsystem
from plinth.release.record import Release, parse
from plinth.sam.application import Application
from plinth.sam.errors import SamError, refuse
from plinth.sam.released import objections


@dataclass(frozen=True)
class RecordRequest:
    """The record in a file, which Pants may ignore, such as one in `dist/`."""

    path: str


@dataclass(frozen=True)
class RecordFile:
    """The bytes of the record."""

    content: bytes


@_uncacheable_rule
async def read_record(request: RecordRequest, root: BuildRoot) -> RecordFile:
    """Read anew each time: Pants does not watch `dist/`."""
    try:
        with open(os.path.join(root.path, request.path), "rb") as file:
            return RecordFile(file.read())
    except OSError as error:
        raise SamError(
            f"--sam-record={request.path}: {error.strerror}. `./pants release` writes the record "
            "of a commit to dist/release/."
        ) from None


@dataclass(frozen=True)
class ReleaseOfRequest:
    """The release in a record, which must be one of this commit and of the application in it."""

    application: Application
    path: str

    def __hash__(self) -> int:
        return hash((self.application.address, self.path))


@dataclass(frozen=True)
class ReleaseOf:
    """The release, which has every image of the application."""

    release: Release

    def __hash__(self) -> int:
        return hash(self.release.dump())


@rule
async def release_of(request: ReleaseOfRequest, publishing: ImagePublishSubsystem) -> ReleaseOf:
    """`SamError` when it is the record of another commit, or lacks an image of this tree."""
    application, path = request.application, request.path
    file = await Get(RecordFile, RecordRequest(path))
    release = parse(file.content, path)
    commit = await Get(Commit, CommitRequest(publishing.main_branch))
    if commit.id != release.commit or commit.differences:
        edits = ", with edits" if commit.differences else ""
        raise SamError(
            f"--sam-record={path}: it is the record of commit {release.commit[:12]}, and this tree "
            f"is {commit.id[:12]}{edits}, whose facts may be others. Check out that commit."
        )
    images = await Get(
        Addresses,
        UnparsedAddressInputs(
            [function.image for function in application.functions],
            owning_address=None,
            description_of_origin=f"the functions of {application.address}",
        ),
    )
    made_of = await MultiGet(
        Get(ImageFingerprint, ImageFingerprintRequest(address)) for address in images
    )
    values = {address.spec: each.value for address, each in zip(images, made_of)}
    refuse(
        application.address,
        objections(
            application, release, path, lambda image, packages: of_unlocked(values[image], packages)
        ),
    )
    return ReleaseOf(release)


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
