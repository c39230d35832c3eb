"""Releases in a registry: the record under its id, and the envelopes that refer to it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from delivery.core import record as records
from delivery.core import statement
from delivery.core.errors import RecordError, RegistryError, SignatureError
from delivery.core.record import Record
from delivery.edges.registry import INDEX, MANIFEST, Manifest, Registry, fallback_tag
from delivery.edges.signing import ENVELOPE_TYPE, TrustedKey, open_envelope

RECORD = "release.json"
_TITLE = "org.opencontainers.image.title"
_EMPTY = b"{}"
_EMPTY_TYPE = "application/vnd.oci.empty.v1+json"


@dataclass(frozen=True)
class Found:
    """A record, and the manifest that it came with, to which envelopes refer."""

    record: Record
    manifest: Manifest


def find(registry: Registry, repository: str, release: str) -> Found:
    """The release under its id. Raises `RecordError` when there is none."""
    what = f"{registry.host}/{repository}:{release}"
    manifest = registry.manifest(repository, release)
    if manifest is None:
        raise RecordError(
            f"There is no release {what}. `./pants release` makes the record of a commit."
        )
    layers = [
        each["digest"]
        for each in manifest.document.get("layers", ())
        if each.get("annotations", {}).get(_TITLE) == RECORD
    ]
    if len(layers) != 1:
        raise RecordError(f"{what} holds {len(layers)} documents {RECORD}: it is not a release.")
    record = records.parse(registry.blob(repository, layers[0]), what)
    if record.id != release:
        raise RecordError(f"{what} is the record of {record.id}: the tag was moved.")
    return Found(record, manifest)


def attach(registry: Registry, repository: str, found: Found, envelope: bytes) -> str:
    """Stores an envelope as an artefact that refers to the record; the artefact's digest."""
    manifest = _artefact(found.manifest, envelope)
    registry.push_blob(repository, _EMPTY)
    registry.push_blob(repository, envelope)
    if not registry.push_manifest(repository, manifest):
        _list_referrer(registry, repository, found.manifest.digest, manifest)
    return manifest.digest


def envelopes(registry: Registry, repository: str, found: Found) -> tuple[bytes, ...]:
    """Every envelope that refers to the record."""
    data = []
    for each in registry.referrers(repository, found.manifest.digest):
        if each.get("artifactType") not in (None, ENVELOPE_TYPE):
            continue
        manifest = registry.manifest(repository, each["digest"])
        if manifest is None:
            raise RegistryError(f"{registry.host}/{repository}@{each['digest']} is gone.")
        if manifest.document.get("artifactType") != ENVELOPE_TYPE:
            continue
        data += [
            registry.blob(repository, layer["digest"]) for layer in manifest.document["layers"]
        ]
    return tuple(data)


def verify(
    registry: Registry, repository: str, found: Found, keys: Sequence[TrustedKey]
) -> TrustedKey:
    """The key that vouches for this record. Raises `SignatureError` that says why none does."""
    release = found.record.id
    problems = []
    for data in envelopes(registry, repository, found):
        try:
            opened = open_envelope(data, statement.PAYLOAD_TYPE, keys, f"the envelope of {release}")
            statement.check(opened.payload, found.record)
        except SignatureError as error:
            problems.append(str(error))
        else:
            return opened.signer
    raise SignatureError("; ".join(problems) or f"{release} is not signed")


def missing_image(registry: Registry, repository: str, digest: str) -> str:
    """What is wrong with an image in the registry; empty when it has it."""
    try:
        found = registry.manifest(repository, digest)
    except RegistryError as error:
        return str(error)
    return "" if found else f"{registry.host}/{repository}@{digest} is not in the registry"


def _artefact(subject: Manifest, envelope: bytes) -> Manifest:
    empty = Manifest(_EMPTY, _EMPTY_TYPE)
    document = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "artifactType": ENVELOPE_TYPE,
        "config": empty.descriptor(),
        "layers": [Manifest(envelope, ENVELOPE_TYPE).descriptor()],
        "subject": subject.descriptor(),
    }
    return Manifest(json.dumps(document, sort_keys=True).encode(), MANIFEST)


def _list_referrer(registry: Registry, repository: str, digest: str, manifest: Manifest) -> None:
    """Adds to the index of referrers, where the registry keeps none. Raises when it is lost."""
    entry = manifest.descriptor(artifactType=ENVELOPE_TYPE)
    for _ in range(5):
        listed = registry.referrers(repository, digest)
        if entry in listed:
            return
        index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [*listed, entry]}
        content = json.dumps(index, sort_keys=True).encode()
        registry.push_manifest(repository, Manifest(content, INDEX), fallback_tag(digest))
    if entry not in registry.referrers(repository, digest):
        raise RegistryError(
            f"{registry.host}/{repository}: somebody else is signing this release. Sign it again."
        )
