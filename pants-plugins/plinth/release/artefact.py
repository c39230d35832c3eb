"""A release in a registry: one OCI artefact, whose layers are the record and what belongs to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from plinth.oci.format.artefact import NO_CONFIG, TITLE, artefact_manifest
from plinth.oci.format.descriptor import REF_NAME as NAME
from plinth.oci.format.descriptor import Descriptor, read_json
from plinth.oci.format.layout import Stack, layout_files, manifest_parts, read_stack, write_files
from plinth.oci.registry.client import Registry
from plinth.release.errors import ReleaseError
from plinth.release.record import Release, parse

RECORD = "release.json"
FINGERPRINTS = "fingerprints.json"
RECORD_TYPE = "application/vnd.plinth.release.v2+json"
FINGERPRINTS_TYPE = "application/vnd.plinth.fingerprints.v1+json"
SBOM_TYPE = "application/vnd.cyclonedx+json"


@dataclass(frozen=True)
class Document:
    """A document of a release: its file name, media type and bytes."""

    name: str
    media_type: str
    content: bytes


def sbom_name(repository: str) -> str:
    """The name of an image's bill of materials."""
    return f"sbom/{repository}.cdx.json"


def artefact(release: Release, documents: Iterable[Document], root: Path) -> Stack:
    """Write the artefact's layout at `root`. The same release gives the same bytes."""
    documents = [Document(RECORD, RECORD_TYPE, release.dump()), *documents]
    manifest = artefact_manifest(
        RECORD_TYPE,
        (Descriptor.of(each.media_type, each.content, {TITLE: each.name}) for each in documents),
        {
            "org.opencontainers.image.created": release.time,
            "org.opencontainers.image.revision": release.commit,
        },
    )
    blobs = (NO_CONFIG, *(each.content for each in documents))
    write_files(root, layout_files(manifest, blobs, {NAME: release.id}))
    return read_stack(root, [])


def find_documents(registry: Registry, path: str, release_id: str) -> dict[str, bytes] | None:
    """The documents of a release in the repository `path`, by name; None when it is not there."""
    found = registry.find_manifest(path, release_id)
    if found is None:
        return None
    what = f"{registry.host}/{path}:{release_id}"
    _, layers = manifest_parts(read_json(found.content, what), what)
    return {layer.annotation(TITLE) or "": registry.read_blob(path, layer) for layer in layers}


def find_release(registry: Registry, path: str, release_id: str) -> Release | None:
    """The record of a release in the repository `path`; None when it is not there."""
    documents = find_documents(registry, path, release_id)
    if documents is None:
        return None
    return read_record(documents, f"{registry.host}/{path}:{release_id}")


def read_record(documents: Mapping[str, bytes], what: str) -> Release:
    """The record among a release's documents; `what` names the release in errors."""
    if RECORD not in documents:
        raise ReleaseError(f"{what} holds no {RECORD}: it is not a release")
    return parse(documents[RECORD], what)
