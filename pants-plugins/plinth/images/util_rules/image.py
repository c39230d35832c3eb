"""Assembles an image: a chain of cached layers, then configuration and manifest as plain values.

An image hands on its own layers and its base's *reference*; the base's bytes are copied nowhere. An
edit of a handler does not compress pyarrow again: each layer is given only the part of the context
that its instruction names.
"""

from __future__ import annotations

import json
import os.path
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pants.backend.docker.goals.package_image import DockerPackageFieldSet
from pants.backend.docker.util_rules.docker_build_context import (
    DockerBuildContext,
    DockerBuildContextRequest,
)
from pants.engine.addresses import Address
from pants.engine.engine_aware import EngineAwareParameter
from pants.engine.fs import (
    EMPTY_DIGEST,
    AddPrefix,
    CreateDigest,
    Digest,
    DigestEntries,
    FileContent,
    MergeDigests,
)
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.target import (
    Target,
    TransitiveTargets,
    TransitiveTargetsRequest,
)
from pants.engine.unions import UnionRule
from pants.util.logging import LogLevel

from plinth.debian.target_types import DebianRootTarget
from plinth.debian.util_rules.root import DebianRoot, DebianRootRequest
from plinth.git.util_rules import as_committed
from plinth.git.util_rules.as_committed import AsCommitted, AsCommittedRequest
from plinth.images.errors import ImageError
from plinth.images.util_rules import names
from plinth.images.util_rules.base import ExternalBase, ExternalBaseRequest
from plinth.images.util_rules.context import (
    IgnoredRequest,
    Listing,
    RepositoryLinks,
    RepositoryLinksRequest,
)
from plinth.images.util_rules.layer import ImageLayer, ImageLayerRequest
from plinth.images.util_rules.names import ImageNames, ImageNamesRequest
from plinth.images.util_rules.plan import ImagePlan, ImagePlanRequest, labels
from plinth.oci.assemble.context import context_paths
from plinth.oci.assemble.image import image_config, image_manifest
from plinth.oci.assemble.layer import Layer, changes, index_with, layer_request
from plinth.oci.assemble.tree import TreeIndex
from plinth.oci.dockerfile.evaluate import evaluate
from plinth.oci.dockerfile.ignore import IgnoreRules
from plinth.oci.dockerfile.plan import SCRATCH
from plinth.oci.dockerfile.step import LayerStep
from plinth.oci.format.descriptor import (
    BASE_DIGEST,
    BASE_NAME,
    LAYER_GZIP,
    REF_NAME,
    UNLOCKED,
    Descriptor,
    canonical_json,
    digest_of,
)
from plinth.oci.format.layout import layout_files


@dataclass(frozen=True)
class ImageRequest(EngineAwareParameter):
    """The image of a `docker_image` target."""

    address: Address

    def debug_hint(self) -> str:
        return self.address.spec


@dataclass(frozen=True)
class Base:
    """What an image stands on; empty for scratch. `name` is an image's, or `repository@digest`."""

    name: str = ""
    digest: str = ""
    config: bytes = b""
    layers: tuple[Descriptor, ...] = ()
    index: bytes = b""
    image: AssembledImage | None = None


@dataclass(frozen=True)
class AssembledImage:
    """An image: its documents, and a layout of them and its own layers, at `path` in `layout`.

    `layers` are all of its layers, the base's first, `own` those on top of them. `index` is the
    index of its file tree, as JSON. `unlocked` says what in it is not at its locked version.
    `digest` is its manifest's.
    """

    address: Address
    name: str
    path: str
    layout: Digest
    digest: str
    config: bytes
    layers: tuple[Descriptor, ...]
    own: tuple[Descriptor, ...]
    index: bytes
    unlocked: tuple[str, ...]
    base: AssembledImage | None

    @property
    def bases(self) -> tuple[AssembledImage, ...]:
        """The images below it that targets make, nearest first."""
        return (self.base, *self.base.bases) if self.base else ()

    def as_base(self) -> Base:
        """The image as another stands on it."""
        return Base(self.name, self.digest, self.config, self.layers, self.index, self)


@dataclass(frozen=True)
class ImageAssembly:
    """An assembled image; or None, with the reasons why only Docker can build it."""

    image: AssembledImage | None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class UnlockedRequest:
    """Asks which packages of an image no lock names."""

    target: Target


@dataclass(frozen=True)
class Unlocked:
    """The packages that are not at their locked versions, in an image or in a base of it."""

    packages: tuple[str, ...]


@rule
async def find_unlocked(request: UnlockedRequest) -> Unlocked:
    """The Debian packages that an image got in other versions than locked."""
    transitive = await Get(TransitiveTargets, TransitiveTargetsRequest([request.target.address]))
    roots = await MultiGet(
        Get(DebianRoot, DebianRootRequest(found))
        for found in transitive.dependencies
        if isinstance(found, DebianRootTarget)
    )
    return Unlocked(tuple(sorted({package for root in roots for package in root.unlocked})))


async def _base(planned: ImagePlan) -> tuple[Base | None, tuple[str, ...]]:
    """The image's base; or None, and why Docker must build the image."""
    ref = planned.plan.base
    if ref.kind == SCRATCH:
        return Base(), ()
    if planned.base is None:
        found = await Get(ExternalBase, ExternalBaseRequest(ref.value))
        return _external_base(ref.value, found), ()
    assembly = await Get(ImageAssembly, ImageRequest(planned.base))
    if assembly.image is None:
        return None, (f"its base {planned.base} is built by Docker",)
    return assembly.image.as_base(), ()


def _external_base(reference: str, found: ExternalBase) -> Base:
    repository = reference.partition("@")[0]
    layers = json.loads(found.manifest)["layers"]
    digest = digest_of(found.manifest)
    return Base(
        name=f"{repository}@{digest}",
        digest=digest,
        config=found.config,
        layers=tuple(Descriptor.from_json(layer, f"a layer of {reference}") for layer in layers),
        index=found.index,
    )


async def _assemble(planned: ImagePlan, context: DockerBuildContext, base: Base) -> AssembledImage:
    target = planned.target
    field_set = DockerPackageFieldSet.create(target)
    called, committed, unlocked = await MultiGet(
        Get(ImageNames, ImageNamesRequest(target.address)),
        Get(AsCommitted, AsCommittedRequest(context.digest)),
        Get(Unlocked, UnlockedRequest(target)),
    )
    base_config = json.loads(base.config) if base.config else None
    evaluated = evaluate(planned.plan, base_config)
    evaluated = replace(evaluated, config=_labelled(evaluated.config, target, context))
    entries, ignored = await MultiGet(
        Get(DigestEntries, Digest, committed.digest),
        Get(IgnoreRules, IgnoredRequest(committed.digest, context.dockerfile, called.context_root)),
    )
    listing = Listing.below(called.context_root, entries)
    listing = listing.without(ignored)
    await _refuse_links(called.context_root, evaluated.steps, listing)
    made, index = await _layers(target, evaluated.steps, listing, base.index)
    layers = [layer for layer, _ in made]
    config = image_config(evaluated, base_config, layers)
    manifest = image_manifest(config, base.layers, layers)
    annotations = {
        REF_NAME: called.repository,
        **({BASE_NAME: base.name, BASE_DIGEST: base.digest} if base.digest else {}),
        **({UNLOCKED: ", ".join(unlocked.packages)} if unlocked.packages else {}),
    }
    files = layout_files(manifest, (config,), annotations)
    documents = await Get(
        Digest, CreateDigest(FileContent(name, content) for name, content in files.items())
    )
    layout = await Get(Digest, MergeDigests((documents, *(blob for _, blob in made))))
    path = field_set.output_path.value_or_default(file_ending=None)
    own = tuple(Descriptor(LAYER_GZIP, each.digest, each.size) for each in layers if each)
    return AssembledImage(
        address=target.address,
        name=called.repository,
        path=path,
        layout=await Get(Digest, AddPrefix(layout, path)),
        digest=digest_of(manifest),
        config=config,
        layers=(*base.layers, *own),
        own=own,
        index=index.to_bytes(),
        unlocked=unlocked.packages,
        base=base.image,
    )


async def _refuse_links(context_root: str, steps: tuple[LayerStep, ...], listing: Listing) -> None:
    """Raise `ImageError` for a symbolic link that a step would take from the repository.

    Pants reads through it, so the image would hold a copy where Docker makes a link, and also what
    `.dockerignore` leaves out at the link's target.
    """
    context = listing.context()
    for step in steps:
        paths = context_paths(step, context) if step.sources else ()
        found = await Get(
            RepositoryLinks,
            RepositoryLinksRequest(
                tuple(os.path.normpath(os.path.join(context_root, path)) for path in paths)
            ),
        )
        for path, target in found.targets.items():
            raise ImageError(
                f"{step.at}: {path} is a symbolic link (to {target}). Pants reads through it, so "
                f"the image would hold a copy, where Docker makes a link. Depend on the files that "
                f"it leads to and copy them by their own path, or ADD a tar that holds the link"
            )


async def _layers(
    target: Target, steps: tuple[LayerStep, ...], listing: Listing, base_index: bytes
) -> tuple[list[tuple[Layer | None, Digest]], TreeIndex]:
    """For each step its layer, or None when it changes nothing; and the index of the whole tree."""
    context = listing.context()
    index = TreeIndex.from_json(json.loads(base_index)) if base_index else TreeIndex()
    made: list[tuple[Layer | None, Digest]] = []
    for step in steps:
        request = layer_request(step, index)
        if request is None:
            made.append((None, EMPTY_DIGEST))
            continue
        paths = context_paths(step, context) if step.sources else ()
        request = replace(request, executables=listing.executables(paths))
        result = await Get(
            ImageLayer,
            ImageLayerRequest(
                canonical_json(request.to_json()),
                await Get(Digest, CreateDigest(listing.part(paths, "context"))),
                where=step.where,
                image=target.address.spec,
            ),
        )
        layer = Layer.from_json(json.loads(result.layer))
        if changes(index, layer):
            index = index_with(index, layer, step)
            made.append((layer, result.blob))
        else:
            made.append((None, EMPTY_DIGEST))
    return made, index


def _labelled(
    config: Mapping[str, Any], target: Target, context: DockerBuildContext
) -> Mapping[str, Any]:
    """The configuration with the labels of the target's `image_labels` field."""
    added = labels(target, context.interpolation_context)
    return {**config, "Labels": {**config.get("Labels", {}), **added}} if added else config


# Pants reads a rule when it meets it, so the functions that it awaits stand above it.
@rule(desc="Assembling an image", level=LogLevel.DEBUG)
async def assemble_image(request: ImageRequest) -> ImageAssembly:
    """The image as an OCI layout, or why it is left to Docker."""
    planned, context = await MultiGet(
        Get(ImagePlan, ImagePlanRequest(request.address)),
        Get(DockerBuildContext, DockerBuildContextRequest(request.address)),
    )
    if planned.reasons:
        return ImageAssembly(None, planned.reasons)
    base, reasons = await _base(planned)
    if base is None:
        return ImageAssembly(None, reasons)
    return ImageAssembly(await _assemble(planned, context, base))


def rules() -> Iterable[Rule | UnionRule]:
    return [*collect_rules(), *as_committed.rules(), *names.rules()]
