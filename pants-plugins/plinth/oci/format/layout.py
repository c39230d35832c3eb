"""Image layouts on disk, whole or partial: one image's manifest, config and own layers.

A partial layout lacks the layers of the image's base: its manifest names them, and their bytes stay
in the base's own layout (or, for a base from elsewhere, in its registry). So nothing copies the
base's bytes once per image. Source: the OCI image specification 1.0, `image-layout.md`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plinth.oci.errors import OciError
from plinth.oci.format.descriptor import (
    BASE_DIGEST,
    BASE_NAME,
    INDEX,
    MANIFEST,
    REF_NAME,
    UNLOCKED,
    Descriptor,
    canonical_json,
    digest_of,
    is_digest,
    read_json,
)

_LAYOUT = {"imageLayoutVersion": "1.0.0"}
_CHUNK = 1 << 20


class LayoutError(OciError):
    """A layout that is absent, damaged, or stands on another base than the one given."""


def blob_name(digest: str) -> str:
    """Where a layout holds the blob, relative to its root."""
    algorithm, _, encoded = digest.partition(":")
    return f"blobs/{algorithm}/{encoded}"


def layout_files(
    manifest: bytes, blobs: Iterable[bytes], annotations: Mapping[str, str]
) -> dict[str, bytes]:
    """A layout of one image: path within the layout to content.

    `blobs` are the config and those of its own layers that are at hand as bytes; others may be put
    at their `blob_name`. `annotations` describe the image in the layout's index.
    """
    descriptor = Descriptor.of(MANIFEST, manifest, annotations)
    index = {
        "schemaVersion": 2,
        "mediaType": INDEX,
        "manifests": [descriptor.to_json()],
    }
    files = {blob_name(digest_of(blob)): blob for blob in (manifest, *blobs)}
    files["index.json"] = canonical_json(index)
    files["oci-layout"] = canonical_json(_LAYOUT)
    return dict(sorted(files.items()))


def write_files(root: Path, files: Mapping[str, bytes]) -> None:
    """Write the files below `root`, which may be there already."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


@dataclass(frozen=True)
class Image:
    """The one image of a layout. `descriptor` is its manifest's, with the index's annotations."""

    root: Path
    descriptor: Descriptor
    config: Descriptor
    layers: tuple[Descriptor, ...]

    @property
    def digest(self) -> str:
        """The manifest's digest: what the image is known by."""
        return self.descriptor.digest

    @property
    def blobs(self) -> tuple[Descriptor, ...]:
        """All that a registry must have of it, each once: its layers and its configuration."""
        return tuple(dict.fromkeys((*self.layers, self.config)))

    def holds(self, blob: Descriptor) -> bool:
        """Whether the image's own layout has the blob: its own, not a base's."""
        return (self.root / blob_name(blob.digest)).is_file()

    @property
    def name(self) -> str:
        """The image's short name, such as `authorizer`."""
        name = self.descriptor.annotation(REF_NAME)
        if not name:
            raise LayoutError(f"{self.root}/index.json does not name its image ({REF_NAME})")
        return name

    @property
    def base_digest(self) -> str | None:
        """The base's manifest digest; None for an image from scratch."""
        return self.descriptor.annotation(BASE_DIGEST)

    @property
    def external_base(self) -> str | None:
        """`repository@sha256:…` of a base that another registry holds, or None."""
        name = self.descriptor.annotation(BASE_NAME) or ""
        return name if is_digest(name.rpartition("@")[2]) else None

    @property
    def unlocked(self) -> str | None:
        """Why the image's bytes are not those of the lock, or None when they are."""
        return self.descriptor.annotation(UNLOCKED)


def read_image(root: Path) -> Image:
    """The image in the layout at `root`.

    Raises `LayoutError` when there is none, when it is damaged, or when there are several.
    """
    marker = read_json(_read_file(root, "oci-layout"), f"{root}/oci-layout")
    if marker != _LAYOUT:
        raise LayoutError(f"{root}/oci-layout is {marker}, which this version does not read")
    descriptor = _only_manifest(root)
    manifest = read_json(read_blob(descriptor, [root]), f"{root}: manifest {descriptor.digest}")
    return Image(root, descriptor, *manifest_parts(manifest, f"{root}: manifest"))


def manifest_parts(
    manifest: Mapping[str, Any], what: str
) -> tuple[Descriptor, tuple[Descriptor, ...]]:
    """The config and the layers of a manifest; `what` names it in the errors."""
    layers = manifest.get("layers")
    if not isinstance(layers, list):
        raise OciError(f"{what} has no list of layers")
    config = Descriptor.from_json(manifest.get("config"), f"{what}: config")
    return config, tuple(
        Descriptor.from_json(layer, f"{what}: layer {number}")
        for number, layer in enumerate(layers, start=1)
    )


def _read_file(root: Path, name: str) -> bytes:
    try:
        return (root / name).read_bytes()
    except OSError as error:
        raise LayoutError(
            f"no image layout at {root} ({name}: {error.strerror}). "
            f"Make it with `./pants package` of the image's target."
        ) from error


def _only_manifest(root: Path) -> Descriptor:
    index = read_json(_read_file(root, "index.json"), f"{root}/index.json")
    manifests = index.get("manifests")
    if not isinstance(manifests, list) or len(manifests) != 1:
        raise LayoutError(f"{root}/index.json does not hold exactly one image: {manifests!r}")
    descriptor = Descriptor.from_json(manifests[0], f"{root}/index.json: manifest 1")
    if descriptor.media_type != MANIFEST:
        raise LayoutError(
            f"{root}/index.json refers to {descriptor.media_type}, not to an image manifest "
            f"({MANIFEST}), the only kind that Lambda takes"
        )
    return descriptor


def find_blob(descriptor: Descriptor, roots: Iterable[Path]) -> Path | None:
    """The blob's file in the first of the layouts that has it, checked against its digest, or None.

    Raises `LayoutError` for a file whose bytes are not the digest's.
    """
    for root in roots:
        path = root / blob_name(descriptor.digest)
        if path.is_file():
            _check(path, descriptor)
            return path
    return None


def read_blob(descriptor: Descriptor, roots: Sequence[Path]) -> bytes:
    """The blob's bytes, checked against its digest. Raises `LayoutError` when no layout has it."""
    path = find_blob(descriptor, roots)
    if path is None:
        raise LayoutError(f"no blob {descriptor.digest} in {', '.join(map(str, roots))}")
    return path.read_bytes()


def _check(path: Path, descriptor: Descriptor) -> None:
    actual = hashlib.sha256()
    with path.open("rb") as blob:
        while chunk := blob.read(_CHUNK):
            actual.update(chunk)
    found, size = f"sha256:{actual.hexdigest()}", path.stat().st_size
    if (found, size) != (descriptor.digest, descriptor.size):
        raise LayoutError(
            f"{path} is damaged: {size} bytes with digest {found}, "
            f"not {descriptor.size} bytes with digest {descriptor.digest}. "
            f"Remove {path.parents[2]} and package the image again."
        )


@dataclass(frozen=True)
class Stack:
    """An image and the images it stands on, nearest first, down to scratch or an external base."""

    image: Image
    bases: tuple[Image, ...] = ()

    @property
    def images(self) -> tuple[Image, ...]:
        """The image itself, then its bases."""
        return (self.image, *self.bases)

    @property
    def roots(self) -> tuple[Path, ...]:
        """The layouts to look for blobs in."""
        return tuple(image.root for image in self.images)

    @property
    def external_base(self) -> str | None:
        """`repository@sha256:…` at the bottom of the stack; None for scratch."""
        return self.images[-1].external_base

    @property
    def unlocked(self) -> str | None:
        """Why the bytes of the image, or of a base of it, are not those of the lock, or None."""
        return next((image.unlocked for image in self.images if image.unlocked), None)

    @property
    def parts(self) -> tuple[Stack, ...]:
        """This stack, then that of the nearest base, down to the lowest image alone."""
        return tuple(Stack(image, self.bases[number:]) for number, image in enumerate(self.images))


def read_stack(root: Path, base_roots: Iterable[Path]) -> Stack:
    """The image at `root` with the bases that it names, found among the layouts `base_roots`.

    Raises `LayoutError` when a base that it names is not among them.
    """
    by_digest = {image.digest: image for image in map(read_image, base_roots)}
    images = [read_image(root)]
    while images[-1].base_digest and not images[-1].external_base:
        images.append(_base_of(images[-1], by_digest))
    return Stack(images[0], tuple(images[1:]))


def _base_of(image: Image, by_digest: Mapping[str, Image]) -> Image:
    base = by_digest.get(image.base_digest or "")
    if base is None:
        given = ", ".join(f"{base.root} ({base.digest})" for base in by_digest.values()) or "none"
        raise LayoutError(
            f"{image.root} stands on the base {image.base_digest}, which is not among the layouts "
            f"of bases given: {given}. Package both again, in one run."
        )
    if [layer.digest for layer in image.layers][: len(base.layers)] != [
        layer.digest for layer in base.layers
    ]:
        raise LayoutError(f"{image.root} does not begin with the layers of its base {base.root}")
    return base
