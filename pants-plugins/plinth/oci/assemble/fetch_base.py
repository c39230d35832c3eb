"""Reads a base image from its registry: `python -m plinth.oci.assemble.fetch_base --help`.

Its documents are kept, and the index of its file tree; its layers are read once for that index and
not kept, as an image refers to its base's layers and does not copy them. It runs in Pants' sandbox.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from plinth.archive.tar import TarError, read_tar
from plinth.oci.assemble.tree import TreeIndex, index_after, index_of_entries
from plinth.oci.errors import OciError
from plinth.oci.format.descriptor import (
    DOCKER_INDEX,
    INDEX,
    Descriptor,
    read_json,
)
from plinth.oci.format.reference import Repository, parse_pinned
from plinth.oci.registry.client import Manifest, Registry
from plinth.platform import PLATFORM

MODULE = "plinth.oci.assemble.fetch_base"


def fetch_base(registry: Registry, repository: Repository, digest: str) -> dict[str, bytes]:
    """The base's `manifest.json`, `config.json` and `index.json`. Raises `OciError`."""
    manifest = _for_platform(registry, repository, registry.manifest(repository.path, digest))
    document = read_json(manifest.content, f"the manifest of {repository}@{digest}")
    config = Descriptor.from_json(document.get("config"), f"{repository}: the config")
    index = TreeIndex()
    for layer in document.get("layers", ()):
        descriptor = Descriptor.from_json(layer, f"{repository}: a layer")
        index = index_after(index, _layer_index(registry, repository, descriptor))
    return {
        "manifest.json": manifest.content,
        "config.json": registry.read_blob(repository.path, config),
        "index.json": index.to_bytes(),
    }


def _for_platform(registry: Registry, repository: Repository, found: Manifest) -> Manifest:
    """The manifest itself, or the one for Lambda's platform that an index of several names."""
    if found.descriptor.media_type not in (INDEX, DOCKER_INDEX):
        return found
    document = read_json(found.content, f"{repository}@{found.descriptor.digest}")
    for each in document.get("manifests", ()):
        platform = each.get("platform") or {}
        if f"{platform.get('os')}/{platform.get('architecture')}" == PLATFORM.image:
            return registry.manifest(repository.path, each["digest"])
    raise OciError(
        f"{repository}@{found.descriptor.digest} has no image for {PLATFORM.image}; "
        f"name the digest of one that has"
    )


def _layer_index(registry: Registry, repository: Repository, layer: Descriptor) -> TreeIndex:
    with tempfile.TemporaryDirectory(prefix="plinth-base-") as folder:
        file = Path(folder) / "layer"
        registry.download_blob(repository.path, layer, file)
        with file.open("rb") as blob:
            try:
                return index_of_entries(read_tar(blob))
            except TarError as error:
                raise OciError(f"{repository}: the layer {layer.digest}: {error}") from error


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description="Reads a base image from its registry.")
    parser.add_argument("--reference", required=True, help="repository@sha256:…")
    parser.add_argument("--out-dir", type=Path, required=True, help="where to write its documents")
    options = parser.parse_args(argv)
    try:
        repository, digest = parse_pinned(options.reference)
        files = fetch_base(Registry(repository.host), repository, digest)
    except OciError as error:
        print(f"cannot read the base {options.reference}: {error}", file=sys.stderr)
        return 1
    options.out_dir.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (options.out_dir / name).write_bytes(content)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
