"""Releases for tests: images in a registry, and the record of them."""

from __future__ import annotations

from pathlib import Path

from plinth.images.fingerprint import ImageFingerprint, Part
from plinth.images.fingerprints import dump
from plinth.oci.format.descriptor import digest_of
from plinth.oci.format.layout import Stack, read_stack
from plinth.oci.format.reference import Repository
from plinth.oci.publish.publication import Publication
from plinth.oci.publish.publish import Clients, publish
from plinth.oci.registry.client import Registry
from plinth.oci.registry.transport import Transport
from plinth.oci.testing.fake_registry import no_wait
from plinth.oci.testing.layouts import write_image
from plinth.release.artefact import FINGERPRINTS, FINGERPRINTS_TYPE, SBOM_TYPE, Document, sbom_name
from plinth.release.record import Release, ReleasedImage

SBOM = b'{"bomFormat": "CycloneDX"}\n'


def registries() -> Clients:
    return Clients(lambda host: Registry(host, Transport(retries=no_wait()), lambda _: None))


def image_of(stack: Stack, code: str) -> ReleasedImage:
    name = stack.image.name
    return ReleasedImage(
        repository=name,
        address=f"lambdas/{name}:image",
        name=name,
        digest=stack.image.digest,
        fingerprint=digest_of(code.encode()).partition(":")[2],
        base=None,
        sbom=digest_of(SBOM),
    )


def images(folder: Path, **codes: str) -> dict[str, tuple[Stack, ReleasedImage]]:
    """Images of these names, each of a layer with this text."""
    found = {}
    for name, code in codes.items():
        root = folder / f"{name}-{code.replace(' ', '-')}"
        write_image(root, name, [code.encode()])
        stack = read_stack(root, [])
        found[name] = (stack, image_of(stack, code))
    return found


def publish_images(host: str, found: dict[str, tuple[Stack, ReleasedImage]]) -> None:
    outcomes = publish(
        [
            Publication(stack, Repository(host, image.repository), image.tag)
            for stack, image in found.values()
        ],
        registries(),
    )
    assert all(outcome.is_there for outcome in outcomes), outcomes


def release_of(release_id: str, found: dict[str, tuple[Stack, ReleasedImage]]) -> Release:
    return Release(
        id=release_id,
        commit=digest_of(release_id.encode()).partition(":")[2][:40],
        time=f"{release_id.partition('.')[0]}T12:00:00Z",
        previous=None,
        images=tuple(image for _, image in found.values()),
        locks={"requirements.txt": "0" * 64},
    )


def made_of(image: ReleasedImage, *parts: Part) -> ImageFingerprint:
    return ImageFingerprint(image.address, image.fingerprint, parts)


def documents_of(release: Release, *fingerprints: ImageFingerprint) -> list[Document]:
    """The documents of a release but for its record."""
    return [
        Document(FINGERPRINTS, FINGERPRINTS_TYPE, dump(fingerprints).encode()),
        *(Document(sbom_name(each.repository), SBOM_TYPE, SBOM) for each in release.images),
    ]
