"""One layer of an image, made in a process of its own, so that Pants caches it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from pants.engine.fs import (
    CreateDigest,
    Digest,
    DigestContents,
    DigestSubset,
    FileContent,
    MergeDigests,
    PathGlobs,
    RemovePrefix,
)
from pants.engine.process import FallibleProcessResult, Process
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.unions import UnionRule
from pants.util.logging import LogLevel

from plinth.archive.util_rules.builder import BuilderProcess
from plinth.images.errors import ImageError
from plinth.oci.assemble.layer import MODULE

_REQUEST, _CONTEXT, _OUT = "request.json", "context", "out"


@dataclass(frozen=True)
class ImageLayerRequest:
    """A `LayerRequest` as JSON, with the part of the context it needs below `context/`.

    `where` is the instruction's place and `image` the target's, for messages only.
    """

    request: bytes
    context: Digest
    where: str = field(compare=False)
    image: str = field(compare=False)


@dataclass(frozen=True)
class ImageLayer:
    """A `Layer` as JSON; `blob` holds its bytes as a layout does, at `blobs/sha256/…`."""

    layer: bytes
    blob: Digest


@rule(desc="Making an image layer", level=LogLevel.DEBUG)
async def make_image_layer(request: ImageLayerRequest) -> ImageLayer:
    """One layer of an image, as a blob with its descriptor."""
    request_file = await Get(Digest, CreateDigest([FileContent(_REQUEST, request.request)]))
    process = await Get(
        Process,
        BuilderProcess(
            module=MODULE,
            argv=("--request", _REQUEST, "--context", _CONTEXT, "--out-dir", _OUT),
            input_digest=await Get(Digest, MergeDigests((request_file, request.context))),
            output_directories=(_OUT,),
            description=f"Making a layer of {request.image}: {request.where}",
        ),
    )
    result = await Get(FallibleProcessResult, Process, process)
    if result.exit_code:
        raise ImageError(f"{request.where}: {result.stderr.decode(errors='replace').strip()}")
    made = await Get(Digest, RemovePrefix(result.output_digest, _OUT))
    layer, blob = await MultiGet(
        Get(DigestContents, DigestSubset(made, PathGlobs(["layer.json"]))),
        Get(Digest, DigestSubset(made, PathGlobs(["blobs/**"]))),
    )
    return ImageLayer(layer[0].content, blob)


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
