"""Makes one instruction's layer: `python -m plinth.oci.assemble.make_layer --request r.json …`.

Writes the compressed layer to `<out-dir>/blobs/sha256/<digest>`, and what later instructions and
the image's documents need of it to `<out-dir>/layer.json`. It runs in Pants' sandbox.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from plinth.archive.compress import gzip_file
from plinth.archive.hashed import Hashed
from plinth.archive.tar import write_tar
from plinth.oci.assemble.layer import Layer, LayerRequest
from plinth.oci.assemble.layer_tree import layer_tree
from plinth.oci.assemble.tree import index_of_entries
from plinth.oci.errors import OciError


def make_layer(request: LayerRequest, context: Path, blobs: Path) -> Layer:
    """The layer, whose compressed bytes become a file in the folder `blobs`. Raises `OciError`."""
    with tempfile.TemporaryDirectory(dir=blobs, prefix=".layer-") as folder:
        scratch = Path(folder)
        tree = layer_tree(
            request.step, request.owner, request.lower, context, scratch, request.executables
        )
        entries = tree.finished()
        tar, blob = scratch / "tar", scratch / "blob"
        with tar.open("wb") as out:
            content = Hashed(out)
            write_tar(entries, content)
        with blob.open("wb") as out:
            compressed = Hashed(out)
            gzip_file(tar, compressed)
        blob.replace(blobs / compressed.digest.partition(":")[2])
        kept = sorted(entry.path for entry in entries if entry.path not in tree.replacing)
        return Layer(
            digest=compressed.digest,
            size=compressed.size,
            diff_id=content.digest,
            index=index_of_entries(entries),
            kept=tuple(kept) if tree.replacing else None,
        )


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description="Makes the layer of one instruction.")
    parser.add_argument("--request", type=Path, required=True, help="A LayerRequest as JSON.")
    parser.add_argument("--context", type=Path, required=True, help="The build context.")
    parser.add_argument("--out-dir", type=Path, required=True, help="Where to write the layer.")
    args = parser.parse_args(argv)
    blobs = args.out_dir / "blobs" / "sha256"
    blobs.mkdir(parents=True, exist_ok=True)
    try:
        request = LayerRequest.from_json(json.loads(args.request.read_bytes()))
        layer = make_layer(request, args.context, blobs)
    except OciError as error:
        print(error, file=sys.stderr)
        return 1
    document = json.dumps(layer.to_json(), sort_keys=True, separators=(",", ":"))
    (args.out_dir / "layer.json").write_text(document, encoding="ascii")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
