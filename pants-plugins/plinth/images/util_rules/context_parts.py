"""What determines the files of an image's build context, told without making any of them."""

from __future__ import annotations

import hashlib
import json
import os.path
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pants.backend.docker.target_types import (
    DockerImageInstructionsField,
    DockerImageRegistriesField,
    DockerImageRepositoryField,
    DockerImageSkipPushField,
    DockerImageSourceField,
    DockerImageTagsField,
)
from pants.backend.docker.util_rules.docker_build_context import (
    DockerContextFilesAcceptableInputsField,
    DockerContextFilesSourcesField,
)
from pants.backend.python.subsystems.setup import PythonSetup
from pants.backend.python.target_types import PythonRequirementsField
from pants.core.goals.package import OutputPathField, PackageFieldSet
from pants.core.target_types import FileSourceField, http_source
from pants.core.util_rules.source_files import SourceFiles, SourceFilesRequest
from pants.engine.addresses import Address
from pants.engine.engine_aware import EngineAwareParameter
from pants.engine.fs import (
    Digest,
    DigestContents,
    DigestEntries,
    GlobMatchErrorBehavior,
    PathGlobs,
)
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.target import (
    Dependencies,
    DependenciesRequest,
    DescriptionField,
    FieldSetsPerTarget,
    FieldSetsPerTargetRequest,
    HydratedSources,
    HydrateSourcesRequest,
    SourcesField,
    Tags,
    Target,
    Targets,
    TransitiveTargets,
    TransitiveTargetsRequest,
)
from pants.engine.unions import UnionMembership, UnionRule

from plinth.fingerprint.made import MadeFile
from plinth.fingerprint.util_rules.maker import MakerRequest
from plinth.git.util_rules import as_committed
from plinth.git.util_rules.as_committed import AsCommitted, AsCommittedRequest
from plinth.images.fingerprint import Part
from plinth.images.util_rules.context import DiskEntry, entry_value
from plinth.layers.util_rules.content import lock_path


@dataclass(frozen=True)
class MadeFileRequest(EngineAwareParameter):
    """The file that a target makes for a build context."""

    target: Target

    def debug_hint(self) -> str:
        return self.target.address.spec


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _remote_file(target: Target, source: http_source) -> MadeFile:
    path = os.path.join(target.address.spec_path, source.filename)
    return MadeFile(path, (Part("download", "", path, f"sha256:{source.sha256}"),))


async def _opaque_file(target: Target, python_setup: PythonSetup) -> MadeFile:
    """What can be said of what another tool makes: its targets, their sources, their locks."""
    of = target.address.spec
    found = await Get(
        TransitiveTargets,
        TransitiveTargetsRequest([target.address], include_special_cased_deps=True),
    )
    sources = await MultiGet(
        Get(HydratedSources, HydrateSourcesRequest(each[SourcesField]))
        for each in found.closure
        if each.has_field(SourcesField) and not _remote(each)
    )
    entries = await MultiGet(Get(DigestEntries, Digest, each.snapshot.digest) for each in sources)
    files = {entry.path: entry_value(entry) for each in entries for entry in each}
    requirements = [t for t in found.closure if t.has_field(PythonRequirementsField)]
    locks = await Get(
        DigestContents,
        PathGlobs(
            filter(None, [lock_path(requirements, python_setup)]),
            glob_match_error_behavior=GlobMatchErrorBehavior.error,
            description_of_origin=f"the requirements of {of}",
        ),
    )
    parts = (
        *(Part("target", of, each.address.spec, target_fields(each)) for each in found.closure),
        *(Part("file", of, path, value) for path, value in files.items()),
        *(Part("lock", of, f.path, hashlib.sha256(f.content).hexdigest()) for f in locks),
    )
    reason = f"{of} (`{target.alias}`) is made by another tool, which may depend on the machine"
    return MadeFile("", parts, (reason,))


# What of a target's fields describes or names it, or is told by other parts.
_NO_PARTS = (
    Dependencies,
    DescriptionField,
    DockerImageInstructionsField,
    DockerImageRegistriesField,
    DockerImageRepositoryField,
    DockerImageSkipPushField,
    DockerImageSourceField,
    DockerImageTagsField,
    OutputPathField,
    Tags,
)


def target_fields(target: Target) -> str:
    """A hash of the target's fields as its BUILD file gives them."""
    values = {
        field.alias: field.value
        for field in target.field_values.values()
        if not isinstance(field, _NO_PARTS)
    }
    return _sha256(json.dumps([target.alias, values], sort_keys=True, default=_plain))


def _plain(value: Any) -> Any:
    if isinstance(value, (set, frozenset)):
        return sorted(map(str, value))
    return dict(value) if hasattr(value, "keys") else str(value)


def _remote(target: Target) -> http_source | None:
    """Where Pants downloads the target's one file from, if it does."""
    source = target[SourcesField].value if target.has_field(SourcesField) else None
    return source if isinstance(source, http_source) else None


@rule
async def made_file(
    request: MadeFileRequest, members: UnionMembership, python_setup: PythonSetup
) -> MadeFile:
    """The file that a target puts into a context, and the parts that it is made of."""
    target = request.target
    for kind in members.get(MakerRequest):
        if isinstance(target, kind.maker):
            return await Get(MadeFile, MakerRequest, kind(target))
    source = _remote(target)
    if source:
        return _remote_file(target, source)
    return await _opaque_file(target, python_setup)


@dataclass(frozen=True)
class ContextPartsRequest(EngineAwareParameter):
    """The build context of a `docker_image` target."""

    address: Address

    def debug_hint(self) -> str:
        return self.address.spec


@dataclass(frozen=True)
class ContextParts:
    """A build context without its Dockerfile: files that are in the repository, and made ones."""

    digest: Digest
    files: tuple[DiskEntry, ...]
    made: tuple[MadeFile, ...]


_READY = (FileSourceField, DockerContextFilesSourcesField)


def _is_ready(target: Target) -> bool:
    """Whether the target's files are in the repository as the context has them."""
    if not target.has_field(SourcesField) or _remote(target):
        return False
    return isinstance(
        target[SourcesField], (FileSourceField, DockerContextFilesAcceptableInputsField)
    )


def _is_made(target: Target, members: UnionMembership) -> bool:
    if not target.has_field(SourcesField) or _is_ready(target):
        return False
    return bool(_remote(target)) or any(
        target[SourcesField].can_generate(kind, members) for kind in _READY
    )


@rule
async def context_parts(request: ContextPartsRequest, members: UnionMembership) -> ContextParts:
    """Every file of an image's build context by path, and the parts of those that are made."""
    found = await Get(TransitiveTargets, TransitiveTargetsRequest([request.address]))
    image = found.roots[0]
    direct, packages = await MultiGet(
        Get(Targets, DependenciesRequest(image.get(Dependencies))),
        Get(FieldSetsPerTarget, FieldSetsPerTargetRequest(PackageFieldSet, found.dependencies)),
    )
    packaged = {each.address for each in packages.field_sets}
    makers = {target.address: target for target in direct if _is_made(target, members)}
    makers.update(
        (target.address, target)
        for target in found.dependencies
        if target.address in packaged and not target.has_field(DockerImageSourceField)
    )
    files = await Get(
        SourceFiles,
        SourceFilesRequest(
            [target[SourcesField] for target in direct if _is_ready(target)],
            for_sources_types=_READY,
            enable_codegen=True,
        ),
    )
    made = await MultiGet(
        Get(MadeFile, MadeFileRequest(makers[address])) for address in sorted(makers)
    )
    committed = await Get(AsCommitted, AsCommittedRequest(files.snapshot.digest))
    entries = await Get(DigestEntries, Digest, committed.digest)
    return ContextParts(committed.digest, tuple(entries), made)


def rules() -> Iterable[Rule | UnionRule]:
    return [*collect_rules(), *as_committed.rules()]
