"""Whether a registry has all that an image is made of: a tag, or a manifest, is not its blobs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Callable

from plinth.oci.format.descriptor import Descriptor, read_json
from plinth.oci.format.layout import manifest_parts
from plinth.oci.format.reference import Repository
from plinth.oci.registry.client import Manifest, Registry
from plinth.oci.registry.push import Each


def lacking(
    repository: Repository,
    blobs: Iterable[Descriptor],
    connect: Callable[[str], Registry],
    each: Each = map,
) -> tuple[Descriptor, ...]:
    """Those of the blobs that the repository does not have. It is asked for each of them, once."""
    wanted = tuple(dict.fromkeys(blobs))

    def is_there(blob: Descriptor) -> bool:
        return connect(repository.host).has_blob(repository.path, blob)

    return tuple(blob for blob, there in zip(wanted, each(is_there, wanted)) if not there)


def lacking_of(
    repository: Repository,
    manifest: Manifest,
    connect: Callable[[str], Registry],
    each: Each = map,
) -> tuple[Descriptor, ...]:
    """What the repository does not have of all that a manifest, or an index of them, names."""
    what = repository.at(manifest.descriptor.digest)
    document = read_json(manifest.content, what)
    if "manifests" not in document:
        config, layers = manifest_parts(document, what)
        return lacking(repository, (*layers, config), connect, each)
    missing: list[Descriptor] = []
    for entry in document["manifests"]:
        part = Descriptor.from_json(entry, f"a manifest of {what}")
        found = connect(repository.host).find_manifest(repository.path, part.digest)
        missing += lacking_of(repository, found, connect, each) if found else [part]
    return tuple(missing)


def names(blobs: Iterable[Descriptor]) -> str:
    """The blobs as a message names them."""
    return ", ".join(f"{blob.digest[:19]}…" for blob in blobs)
