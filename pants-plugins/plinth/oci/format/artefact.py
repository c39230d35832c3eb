"""An OCI artefact that is no image: a manifest that names blobs, and has no configuration.

Source: the OCI image specification 1.1, `manifest.md`, "Guidelines for Artifact Usage".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from plinth.oci.format.descriptor import MANIFEST, Descriptor, canonical_json

NO_CONFIG = b"{}"
"""The blob that stands for a configuration; a registry needs it like any other."""

CONFIG = Descriptor.of("application/vnd.oci.empty.v1+json", NO_CONFIG)
TITLE = "org.opencontainers.image.title"
"""A blob's annotation: its file name."""


def artefact_manifest(
    kind: str, blobs: Iterable[Descriptor], annotations: Mapping[str, str] | None = None
) -> bytes:
    """The manifest of an artefact of the media type `kind`. Equal arguments give equal bytes."""
    manifest: dict[str, Any] = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "artifactType": kind,
        "config": CONFIG.to_json(),
        "layers": [blob.to_json() for blob in blobs],
    }
    if annotations:
        manifest["annotations"] = dict(annotations)
    return canonical_json(manifest)
