"""Content descriptors, digests and canonical JSON: how OCI documents name bytes.

Source: the OCI image specification 1.0, `descriptor.md` and `considerations.md`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from plinth.oci.errors import OciError

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER_GZIP = "application/vnd.oci.image.layer.v1.tar+gzip"
# What Docker itself pushes: read from a base in another registry, never written.
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"

REF_NAME = "org.opencontainers.image.ref.name"
BASE_DIGEST = "org.opencontainers.image.base.digest"
BASE_NAME = "org.opencontainers.image.base.name"
UNLOCKED = "dev.plinth.unlocked"

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def is_digest(text: str) -> bool:
    """Whether `text` is a well-formed `sha256:…` digest, the only algorithm used here."""
    return _DIGEST.fullmatch(text) is not None


def digest_of(data: bytes) -> str:
    """The `sha256:…` digest of `data`."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def canonical_json(value: Any) -> bytes:
    """`value` as the one JSON text used for every document here: sorted keys, no spaces, UTF-8.

    Raises `ValueError` for what JSON does not have (NaN, infinity).
    """
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return text.encode()


def read_json(data: bytes, what: str) -> dict[str, Any]:
    """The JSON object in `data`; `what` names it in the `OciError` raised for anything else."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise OciError(f"{what} is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise OciError(f"{what} is a JSON {type(value).__name__}, not an object")
    return value


@dataclass(frozen=True)
class Descriptor:
    """A reference to content by digest: media type, `sha256:…` digest, size in bytes.

    `annotations` are sorted pairs, so that a descriptor can be hashed and compared.
    """

    media_type: str
    digest: str
    size: int
    annotations: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(
        cls, media_type: str, data: bytes, annotations: Mapping[str, str] | None = None
    ) -> Descriptor:
        """The descriptor of `data`."""
        return cls(
            media_type, digest_of(data), len(data), tuple(sorted((annotations or {}).items()))
        )

    @classmethod
    def from_json(cls, value: Any, what: str) -> Descriptor:
        """The descriptor in a parsed document; `what` names it in the `OciError` for a bad one."""
        try:
            descriptor = cls(
                media_type=value["mediaType"],
                digest=value["digest"],
                size=value["size"],
                annotations=tuple(sorted(value.get("annotations", {}).items())),
            )
        except (TypeError, KeyError, AttributeError) as error:
            raise OciError(f"{what} is not a descriptor: {value!r}") from error
        if not isinstance(descriptor.media_type, str):
            raise OciError(f"{what} has a media type that is no text: {descriptor.media_type!r}")
        if not isinstance(descriptor.digest, str) or not is_digest(descriptor.digest):
            raise OciError(f"{what} has {descriptor.digest!r} where a sha256 digest belongs")
        if type(descriptor.size) is not int or descriptor.size < 0:
            raise OciError(f"{what} has {descriptor.size!r} where a size in bytes belongs")
        if not all(isinstance(text, str) for _, text in descriptor.annotations):
            raise OciError(f"{what} has an annotation that is no text: {descriptor.annotations!r}")
        return descriptor

    def annotation(self, key: str) -> str | None:
        """The annotation's value, or None."""
        return dict(self.annotations).get(key)

    def to_json(self) -> dict[str, Any]:
        """As it stands in a manifest or an index; annotations only when there are any."""
        value: dict[str, Any] = {
            "mediaType": self.media_type,
            "digest": self.digest,
            "size": self.size,
        }
        if self.annotations:
            value["annotations"] = dict(self.annotations)
        return value
