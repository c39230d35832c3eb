"""The record of a release: which image of which commit is what every stage runs, by digest.

docs/release.schema.json is the document's schema. The same commit gives the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from plinth.release.errors import ReleaseError

FORMAT = 1
BUILT = "built"
CARRIED = "carried forward"


@dataclass(frozen=True, order=True)
class ReleasedImage:
    """One image of a release: `address` is its target's, `name` what it is called in short.

    `repository` is its path in the registry that holds the record, and its tag there is
    `fp-<fingerprint>`. `base` is what it stands on, as `repository@digest`. `origin` says whether
    this release built it, or the one before had the same. `sbom` is the digest of its bill of
    materials, a document of the release. `unlocked` names the packages that are not at their locked
    versions.
    """

    repository: str
    address: str
    name: str
    digest: str
    fingerprint: str
    base: str | None
    sbom: str
    origin: str = BUILT
    unlocked: tuple[str, ...] = ()

    @property
    def tag(self) -> str:
        """Its tag in the registry."""
        return f"fp-{self.fingerprint}"


@dataclass(frozen=True)
class Release:
    """A release: `id` is the day of its commit and a number, `time` the commit's, in UTC.

    `previous` is the id of the release that this one follows. `runtime`, `locks` and `toolchain`
    are files of the repository with their sha256: what the runtime, the third-party packages and
    the tools were at.
    """

    id: str
    commit: str
    time: str
    previous: str | None
    images: tuple[ReleasedImage, ...]
    runtime: Mapping[str, str] = field(default_factory=dict)
    locks: Mapping[str, str] = field(default_factory=dict)
    toolchain: Mapping[str, str] = field(default_factory=dict)

    def dump(self) -> bytes:
        """The document."""
        images = [asdict(image) for image in sorted(self.images)]
        document = {"format": FORMAT, **asdict(replace(self, images=())), "images": images}
        return (json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()

    def after(self, previous: Release | None) -> Release:
        """The release as the one that follows `previous`: what both have is carried forward."""
        if previous is None:
            return self
        had = {(image.repository, image.digest) for image in previous.images}
        images = tuple(
            replace(image, origin=CARRIED if (image.repository, image.digest) in had else BUILT)
            for image in self.images
        )
        return replace(self, previous=previous.id, images=images)


def parse(data: bytes, origin: str) -> Release:
    """The release in a document; `origin` names it in the `ReleaseError` raised for another."""
    try:
        document: dict[str, Any] = json.loads(data)
        if document.pop("format") != FORMAT:
            raise ValueError(f"a format that is not {FORMAT}")
        images = [
            ReleasedImage(**{**image, "unlocked": tuple(image["unlocked"])})
            for image in document.pop("images")
        ]
        return Release(**document, images=tuple(images))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ReleaseError(
            f"{origin} is no release record that this version reads "
            f"({type(error).__name__}: {error})"
        ) from error
