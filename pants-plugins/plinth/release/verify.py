"""Compares images that were built again with those of a release, down to the file that differs."""

from __future__ import annotations

import hashlib
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from plinth.oci.descriptor import Descriptor, read_json
from plinth.oci.layout import Image, find_blob, manifest_parts
from plinth.oci.registry import Registry
from plinth.release.record import Release, ReleasedImage

# Nothing of a member that may differ is left out: type, mode, owner, time, link, contents.
Entry = tuple[bytes, int, int, int, float, str, str]


@dataclass(frozen=True)
class Verifier:
    """`built` are the layouts made again; `registry` holds the release."""

    registry: Registry
    built: tuple[Image, ...]

    def differences(self, release: Release) -> Iterator[str]:
        """Lines that name every image that is not the same, its layers and their files."""
        by_name = {image.name: image for image in self.built}
        told: set[tuple[str, str]] = set()
        # A base is told of before those that stand on it, which repeat its layers.
        for image in sorted(release.images, key=lambda each: (each.base is not None, each)):
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
        found = self.registry.manifest(released.repository, released.digest)
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
            self.registry.download_blob(repository, released, blob)
            lines = tuple(tree_differences(entries(blob), entries(file)))
        yield from lines or ("the same files in another order, or compressed differently",)


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
