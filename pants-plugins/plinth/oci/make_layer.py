"""Makes the layer of one instruction: `python -m plinth.oci.make_layer --request r.json …`.

Writes the compressed layer to `<out-dir>/blobs/sha256/<digest>`, and what later instructions and
the image's documents need of it to `<out-dir>/layer.json`. It runs in Pants' sandbox.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from plinth.archive.compress import gzip
from plinth.archive.tar import write_tar
from plinth.oci.errors import OciError
from plinth.oci.layer import Layer, LayerRequest
from plinth.oci.layer_tree import layer_tree
from plinth.oci.tree import index_of_entries


def make_layer(request: LayerRequest, context: Path) -> tuple[Layer, bytes]:
    """The layer, and its compressed bytes. Raises `OciError`."""
    tree = layer_tree(request.step, request.owner, request.lower, context, request.executables)
    entries = tree.finished()
    archive = io.BytesIO()
    write_tar(entries, archive)
    content = archive.getvalue()
    blob = gzip(content)
    kept = sorted(entry.path for entry in entries if entry.path not in tree.replacing)
    layer = Layer(
        digest=_sha256(blob),
        size=len(blob),
        diff_id=_sha256(content),
        index=index_of_entries(entries),
        kept=tuple(kept) if tree.replacing else None,
    )
    return layer, blob


def _sha256(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description="Makes the layer of one instruction.")
    parser.add_argument("--request", type=Path, required=True, help="A LayerRequest as JSON.")
    parser.add_argument("--context", type=Path, required=True, help="The build context.")
    parser.add_argument("--out-dir", type=Path, required=True, help="Where to write the layer.")
    args = parser.parse_args(argv)
    try:
        request = LayerRequest.from_json(json.loads(args.request.read_bytes()))
        layer, blob = make_layer(request, args.context)
    except OciError as error:
        print(error, file=sys.stderr)
        return 1
    blobs = args.out_dir / "blobs" / "sha256"
    blobs.mkdir(parents=True, exist_ok=True)
    (blobs / layer.digest.partition(":")[2]).write_bytes(blob)
    document = json.dumps(layer.to_json(), sort_keys=True, separators=(",", ":"))
    (args.out_dir / "layer.json").write_text(document, encoding="ascii")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
