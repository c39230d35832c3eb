"""The record of a release: which image of which commit is what every stage runs, by digest.

docs/release.schema.json is the document's schema. The same commit gives the same bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from plinth.git.objects import is_id
from plinth.release.errors import ReleaseError

FORMAT = 2
_RELEASE_ID = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\.[1-9][0-9]*")


@dataclass(frozen=True, order=True)
class ReleasedImage:
    """One image of a release: `address` is its target's, `name` what it is called in short.

    `repository` is its path in the registry that holds the record, and its tag there is
    `fp-<fingerprint>`. `base` is what it stands on, as `repository@digest`. `sbom` is the digest of
    its bill of materials, a document of the release. `unlocked` names the packages that are not at
    their locked versions.
    """

    repository: str
    address: str
    name: str
    digest: str
    fingerprint: str
    base: str | None
    sbom: str
    unlocked: tuple[str, ...] = ()

    @property
    def tag(self) -> str:
        """Its tag in the registry."""
        return f"fp-{self.fingerprint}"

    @property
    def key(self) -> tuple[str, str]:
        """What tells whether two releases have the same image."""
        return self.repository, self.digest


@dataclass(frozen=True)
class Release:
    """A release: `id` is the day of its commit and a number, `time` the commit's, in UTC.

    `previous` is the id that the release of the commit before has, or would have; None for a first
    commit. `runtime`, `locks` and `toolchain` are files of the repository with their sha256: what
    the runtime, the third-party packages and the tools were at. Raises `ValueError` for ids that
    have not their form.
    """

    id: str
    commit: str
    time: str
    previous: str | None
    images: tuple[ReleasedImage, ...]
    runtime: Mapping[str, str] = field(default_factory=dict)
    locks: Mapping[str, str] = field(default_factory=dict)
    toolchain: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not is_id(self.commit):
            raise ValueError(f"{self.commit!r} is not the id of a commit")
        for each in filter(None, (self.id, self.previous)):
            if not _RELEASE_ID.fullmatch(each):
                raise ValueError(f"{each!r} is not the id of a release, such as 2026-11-22.1")

    def dump(self) -> bytes:
        """The document."""
        images = [asdict(image) for image in sorted(self.images)]
        document = {"format": FORMAT, **asdict(replace(self, images=())), "images": images}
        return (json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()


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
