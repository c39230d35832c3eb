"""Small images for tests: real layouts, written without Pants and without Docker."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from plinth.oci.format.descriptor import (
    BASE_DIGEST,
    BASE_NAME,
    CONFIG,
    LAYER_GZIP,
    MANIFEST,
    REF_NAME,
    Descriptor,
    canonical_json,
    digest_of,
)
from plinth.oci.format.layout import Image, layout_files, read_blob, read_image, write_files


def write_image(
    root: Path,
    name: str,
    tars: Sequence[bytes],
    base: Image | None = None,
    external_base: tuple[str, Sequence[Descriptor]] | None = None,
    config: Mapping[str, Any] | None = None,
    annotations: Mapping[str, str] | None = None,
) -> Image:
    """Write the layout of an image whose own layers are `tars` (uncompressed) over its base's.

    `external_base` is a reference and the layers that the base has there. `config` overrides
    entries of the base's runtime config (`Cmd`, `Env`, …).
    """
    inherited = json.loads(read_blob(base.config, [base.root])) if base else {}
    base_layers = list(base.layers) if base else list(external_base[1]) if external_base else []
    below = inherited.get("rootfs", {}).get("diff_ids", [layer.digest for layer in base_layers])
    document = {
        "architecture": "amd64",
        "os": "linux",
        "config": {**inherited.get("config", {}), **(config or {})},
        "rootfs": {"type": "layers", "diff_ids": [*below, *map(digest_of, tars)]},
    }
    config_bytes = canonical_json(document)
    layers = [gzip.compress(tar, 1, mtime=0) for tar in tars]
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": Descriptor.of(CONFIG, config_bytes).to_json(),
        "layers": [
            layer.to_json()
            for layer in (*base_layers, *(Descriptor.of(LAYER_GZIP, data) for data in layers))
        ],
    }
    described = {REF_NAME: name, **(annotations or {})}
    if base:
        described.update({BASE_DIGEST: base.digest, BASE_NAME: base.name})
    if external_base:
        reference = external_base[0]
        described.update({BASE_DIGEST: reference.rpartition("@")[2], BASE_NAME: reference})
    write_files(root, layout_files(canonical_json(manifest), [config_bytes, *layers], described))
    return read_image(root)
