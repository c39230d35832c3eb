"""An image's documents: configuration, manifest, and the recipe of their bytes.

The same instructions on the same layers give the same documents: every time in them is the epoch,
and nothing of the building machine enters. Source: the OCI image specification 1.0, `config.md` and
`manifest.md`; `Healthcheck`, `Shell` and the like are Docker's additions to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from plinth.oci.assemble.layer import Layer
from plinth.oci.dockerfile.evaluate import Evaluated
from plinth.oci.format.descriptor import CONFIG, LAYER_GZIP, MANIFEST, Descriptor, canonical_json
from plinth.platform import PLATFORM

EPOCH = "1970-01-01T00:00:00Z"


def image_config(
    image: Evaluated, base_config: Mapping[str, Any] | None, layers: Sequence[Layer | None]
) -> bytes:
    """The image's OCI configuration; `layers` has one for each step, None where it made none."""
    base = base_config or {}
    config: dict[str, Any] = {
        "architecture": PLATFORM.architecture,
        "os": PLATFORM.os,
        "created": EPOCH,
        "config": dict(image.config),
        "rootfs": {
            "type": "layers",
            "diff_ids": [
                *base.get("rootfs", {}).get("diff_ids", ()),
                *(layer.diff_id for layer in layers if layer is not None),
            ],
        },
        "history": [*base.get("history", ()), *_history(image, layers)],
    }
    if image.author:
        config["author"] = image.author
    return canonical_json(config)


def _history(image: Evaluated, layers: Sequence[Layer | None]) -> list[dict[str, Any]]:
    return [
        {"created": EPOCH, "created_by": event.created_by}
        | ({} if event.step is not None and layers[event.step] else {"empty_layer": True})
        for event in image.history
    ]


def image_manifest(
    config: bytes, base_layers: Sequence[Descriptor], layers: Sequence[Layer | None]
) -> bytes:
    """The image's OCI manifest, for one platform: the base's layers, then its own."""
    own = [Descriptor(LAYER_GZIP, layer.digest, layer.size) for layer in layers if layer]
    return canonical_json(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": Descriptor.of(CONFIG, config).to_json(),
            "layers": [layer.to_json() for layer in (*base_layers, *own)],
        }
    )
