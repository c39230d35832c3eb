"""Holds a release against its registry and against images built again, down to the file."""

from __future__ import annotations

import hashlib
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from plinth.oci.errors import OciError
from plinth.oci.format.descriptor import Descriptor, digest_of, read_json
from plinth.oci.format.layout import Image, find_blob, manifest_parts
from plinth.oci.registry.client import Registry
from plinth.release.artefact import sbom_name
from plinth.release.record import Release, ReleasedImage

# Nothing of a member that may differ is left out: type, mode, owner, time, link, contents.
Entry = tuple[bytes, int, int, int, float, str, str]


@dataclass(frozen=True)
class Verifier:
    """`built` are the layouts made again; `registry` holds the release."""

    registry: Registry
    built: tuple[Image, ...] = ()

    def in_registry(self, release: Release) -> Iterator[str]:
        """Lines that name every image that the registry has not, whole, as the record says.

        Each blob is read and hashed where it is first met: what several repositories share once.
        """
        read: set[str] = set()
        for image in _bases_first(release):
            repository, digest = image.repository, image.digest
            tagged = self.registry.find_manifest(repository, image.tag)
            there = tagged.descriptor.digest if tagged else "nothing"
            if there != digest:
                yield f"{repository}: released {digest}, the registry has {there} as {image.tag}"
            manifest = self.registry.find_manifest(repository, digest)
            if manifest is None:
                yield f"{repository}: the registry has no {digest}"
                continue
            what = f"{repository}@{digest}"
            config, layers = manifest_parts(read_json(manifest.content, what), what)
            for blob in dict.fromkeys((config, *layers)):
                yield from (f"{repository}: {line}" for line in self._blob(repository, blob, read))

    def _blob(self, repository: str, blob: Descriptor, read: set[str]) -> Iterator[str]:
        try:
            if not self.registry.has_blob(repository, blob):
                yield f"the registry has lost {blob.digest}"
            elif blob.digest not in read:
                self.registry.check_blob(repository, blob)
                read.add(blob.digest)
        except OciError as error:
            yield str(error)

    def differences(self, release: Release) -> Iterator[str]:
        """Lines that name every image that is not the same, its layers and their files."""
        by_name = {image.name: image for image in self.built}
        told: set[tuple[str, str]] = set()
        for image in _bases_first(release):
            again = by_name.get(image.name)
            if again is None:
                yield f"{image.repository}: this commit makes no such image"
            elif again.digest != image.digest:
                yield f"{image.repository}: released {image.digest}, built again {again.digest}"
                yield from (f"  {line}" for line in self._parts(image, again, told))

    def _parts(
        self, released: ReleasedImage, again: Image, told: set[tuple[str, str]]
    ) -> Iterator[str]:
        what = f"{released.repository}@{released.digest}"
        found = self.registry.find_manifest(released.repository, released.digest)
        if found is None:
            yield "what was released is not in the registry, to be compared with it"
            return
        config, layers = manifest_parts(read_json(found.content, what), what)
        if config.digest != again.config.digest:
            yield "configuration differs"
        for number, (one, other) in enumerate(zip_longest(layers, again.layers), start=1):
            if one is None or other is None:
                yield f"layer {number}: only {'released' if one else 'built again'}"
            elif (one.digest, other.digest) in told:
                yield f"layer {number}: as above"
            elif one.digest != other.digest:
                told.add((one.digest, other.digest))
                yield f"layer {number}: released {one.digest}, built again {other.digest}"
                yield from (f"  {line}" for line in self._files(released.repository, one, other))

    def _files(self, repository: str, released: Descriptor, again: Descriptor) -> Iterator[str]:
        file = find_blob(again, [image.root for image in self.built])
        if file is None:
            yield "its bytes are in no layout that was built again"
            return
        with tempfile.TemporaryDirectory(prefix="plinth-verify-") as folder:
            blob = Path(folder) / "released"
            try:
                self.registry.download_blob(repository, released, blob)
            except OciError as error:
                yield f"what was released cannot be read: {error}"
                return
            lines = tuple(tree_differences(entries(blob), entries(file)))
        yield from lines or ("the same files in another order, or compressed differently",)


def _bases_first(release: Release) -> list[ReleasedImage]:
    """A base is told of before those that stand on it, which repeat its layers."""
    return sorted(release.images, key=lambda each: (each.base is not None, each))


def unlocked(release: Release) -> Iterator[str]:
    """Lines that name every image that the commit cannot give again, and why."""
    for image in release.images:
        if image.unlocked:
            yield (
                f"{image.repository}: its packages were not those of the lock "
                f"({', '.join(image.unlocked)}), so its commit does not give it again"
            )


def changed_bills(release: Release, documents: Mapping[str, bytes]) -> Iterator[str]:
    """Lines that name every bill of materials that is not the one that the record names."""
    for image in release.images:
        bill = documents.get(sbom_name(image.repository))
        there = digest_of(bill) if bill is not None else "none"
        if there != image.sbom:
            yield f"{image.repository}: its bill of materials was {image.sbom}, and is {there}"


def entries(blob: Path) -> dict[str, Entry]:
    """What a layer holds, by path."""
    with tarfile.open(blob) as layer:
        return {member.name: _entry(layer, member) for member in layer}


def _entry(layer: tarfile.TarFile, member: tarfile.TarInfo) -> Entry:
    content = layer.extractfile(member) if member.isfile() else None
    sha256 = hashlib.sha256(content.read()).hexdigest() if content else ""
    return (
        member.type,
        member.mode,
        member.uid,
        member.gid,
        member.mtime,
        member.linkname,
        sha256,
    )


def tree_differences(released: Mapping[str, Entry], again: Mapping[str, Entry]) -> Iterator[str]:
    """A line for each path that is not the same in both layers."""
    for path in sorted({*released, *again}):
        one, other = released.get(path), again.get(path)
        if one == other:
            continue
        if one is None or other is None:
            yield f"{path}: only {'released' if one else 'built again'}"
        else:
            yield f"{path}: differs in {', '.join(_fields(one, other))}"


def _fields(one: Entry, other: Entry) -> Iterable[str]:
    names = ("type", "mode", "owner", "group", "time", "link", "contents")
    return [name for name, a, b in zip(names, one, other) if a != b]
