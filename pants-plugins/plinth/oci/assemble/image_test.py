from __future__ import annotations

import json
from typing import Any

from plinth.oci.assemble.image import EPOCH, image_config, image_manifest
from plinth.oci.assemble.layer import Layer
from plinth.oci.assemble.tree import TreeIndex
from plinth.oci.dockerfile.evaluate import evaluate
from plinth.oci.dockerfile.plan import plan_image
from plinth.oci.format.descriptor import LAYER_GZIP, MANIFEST, Descriptor, digest_of

DOCKERFILE = """FROM //base:image
LABEL b=2 a=1
WORKDIR /var/task
ADD code.tar /
MAINTAINER Team
CMD ["app.handler"]
"""
BASE: dict[str, Any] = {
    "architecture": "amd64",
    "os": "linux",
    "created": "2020-02-02T00:00:00Z",
    "config": {"Env": ["PATH=/bin"], "Entrypoint": ["/bin/run"]},
    "rootfs": {"type": "layers", "diff_ids": ["sha256:" + "1" * 64]},
    "history": [{"created": "2020-02-02T00:00:00Z", "created_by": "base"}],
}
LAYER = Layer("sha256:" + "2" * 64, 123, "sha256:" + "3" * 64, TreeIndex())


def config() -> bytes:
    image = evaluate(plan_image(DOCKERFILE.encode(), "Dockerfile", {}), BASE)
    return image_config(image, BASE, [None, LAYER])


def test_the_configuration() -> None:
    assert json.loads(config()) == {
        "architecture": "amd64",
        "author": "Team",
        "config": {
            "Cmd": ["app.handler"],
            "Entrypoint": ["/bin/run"],
            "Env": ["PATH=/bin"],
            "Labels": {"a": "1", "b": "2"},
            "WorkingDir": "/var/task",
        },
        "created": EPOCH,
        "history": [
            {"created": "2020-02-02T00:00:00Z", "created_by": "base"},
            {"created": EPOCH, "created_by": "LABEL b=2 a=1", "empty_layer": True},
            {"created": EPOCH, "created_by": "WORKDIR /var/task", "empty_layer": True},
            {"created": EPOCH, "created_by": "ADD code.tar /"},
            {"created": EPOCH, "created_by": "MAINTAINER Team", "empty_layer": True},
            {"created": EPOCH, "created_by": 'CMD ["app.handler"]', "empty_layer": True},
        ],
        "os": "linux",
        "rootfs": {"diff_ids": ["sha256:" + "1" * 64, "sha256:" + "3" * 64], "type": "layers"},
    }


def test_every_layer_has_its_line_in_the_history() -> None:
    document = json.loads(config())
    lines = [event for event in document["history"] if not event.get("empty_layer")]
    assert len(lines) == len(document["rootfs"]["diff_ids"])


def test_the_manifest_has_the_base_s_layers_first() -> None:
    base = Descriptor(LAYER_GZIP, "sha256:" + "4" * 64, 5)
    assert json.loads(image_manifest(b"{}", [base], [None, LAYER])) == {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": {
            "mediaType": "application/vnd.oci.image.config.v1+json",
            "digest": digest_of(b"{}"),
            "size": 2,
        },
        "layers": [
            {"mediaType": LAYER_GZIP, "digest": "sha256:" + "4" * 64, "size": 5},
            {"mediaType": LAYER_GZIP, "digest": "sha256:" + "2" * 64, "size": 123},
        ],
    }


def test_the_golden_documents() -> None:
    """Changes of these digests change every image: they need a reason, and a changelog's line.

    Recipe: `DOCKERFILE` on `BASE`, whose `WORKDIR` makes no layer and whose `ADD` makes `LAYER`.
    """
    assert digest_of(config()) == (
        "sha256:2f379734b7182d447fdaf7113bf457efca1adf80c6270ccf67be24045ea9eb48"
    )
    assert digest_of(image_manifest(config(), (), [None, LAYER])) == (
        "sha256:1751c82e8fe41a6ae5325c144df929c8bade3ed4e35413ebdf92f4dde307f02e"
    )
