"""What determines the files of an image's build context, told without making any of them."""

from __future__ import annotations

import hashlib
import json
import os.path
from collections.abc import Iterable, Iterator
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
from pants.engine.addresses import Address, Addresses, UnparsedAddressInputs
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

from plinth.debian.lock import closure, parse
from plinth.debian.target_types import (
    DebianCompileField,
    DebianExcludePathsField,
    DebianLockField,
    DebianPackagesField,
    DebianRootTarget,
)
from plinth.fingerprint.distributions import distribution_part
from plinth.git.util_rules import as_committed
from plinth.git.util_rules.as_committed import AsCommitted, AsCommittedRequest
from plinth.images.fingerprint import Part
from plinth.images.util_rules.context import DiskEntry, entry_value, mode
from plinth.layers.target_types import (
    PythonLayerInterpreterField,
    PythonLayerTarget,
    WheelFileExecutableField,
    WheelFileLockField,
    WheelFilePathField,
    WheelFileRequirementField,
    WheelFileTarget,
)
from plinth.layers.util_rules.content import LayerContent, LayerContentRequest, lock_path
from plinth.layers.util_rules.lock import LockRequest
from plinth.lockfile.closure import installed_in
from plinth.lockfile.distribution import Lock, normalise
from plinth.lockfile.environment import RUNTIME

PACKAGE, INTERPRETER = "package", "interpreter"
DEBIAN_KINDS = (PACKAGE, INTERPRETER)


@dataclass(frozen=True)
class MadeFileRequest(EngineAwareParameter):
    """The file that a target makes for a build context."""

    target: Target

    def debug_hint(self) -> str:
        return self.target.address.spec


@dataclass(frozen=True)
class MadeFile:
    """What determines the file at `path`, from the build root.

    `path` is empty where only making it tells. `reasons` say why the parts do not determine it.
    """

    path: str
    parts: tuple[Part, ...]
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class DebianParts:
    """The parts of a `debian_root`, of kind PACKAGE and of no file."""

    parts: tuple[Part, ...]


@dataclass(frozen=True)
class DebianPartsRequest:
    """Asks what a `debian_root` is made of."""

    target: Target


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _of(file: str, parts: Iterable[Part], kind: str = "") -> Iterator[Part]:
    """The parts as those of a file, perhaps of another kind."""
    return (Part(kind or part.kind, file, part.name, part.value) for part in parts)


@rule
async def debian_parts(request: DebianPartsRequest) -> DebianParts:
    """The locked packages and settings of a `debian_root`, as parts."""
    target = request.target
    hydrated = await Get(HydratedSources, HydrateSourcesRequest(target[DebianLockField]))
    contents = await Get(DigestContents, Digest, hydrated.snapshot.digest)
    (path,) = hydrated.snapshot.files
    lock = parse(contents[0].content.decode(errors="replace"), path)
    names = target[DebianPackagesField].value or lock.wanted
    settings = {
        field.alias: list(target[field].value or ())
        for field in (DebianCompileField, DebianExcludePathsField)
    }
    return DebianParts(
        (
            Part(PACKAGE, "", "", json.dumps(settings, sort_keys=True)),
            *(
                Part(PACKAGE, "", package.name, f"{package.version} sha256:{package.sha256}")
                for package in closure(lock, names, path)
            ),
        )
    )


async def _debian_file(target: Target, path: str) -> MadeFile:
    found = await Get(DebianParts, DebianPartsRequest(target))
    return MadeFile(path, tuple(_of(path, found.parts)))


async def _layer_file(target: Target, path: str) -> MadeFile:
    content = await Get(LayerContent, LayerContentRequest(target))
    parts = [
        Part("layer", "", path, content.path),
        *(
            Part("source", path, file.path, f"{mode(file.executable)} sha256:{file.fingerprint}")
            for file in content.first_party
        ),
        *(distribution_part("distribution", path, d) for d in content.distributions),
    ]
    field = target[PythonLayerInterpreterField]
    if not (content.first_party or content.distributions):
        return MadeFile(path, tuple(parts))
    if not field.value:
        reason = f"{target.address} has no `{field.alias}`: the machine's Python compiles its .pyc"
        return MadeFile(path, tuple(parts), (reason,))
    addresses = await Get(Addresses, UnparsedAddressInputs, field.to_unparsed_address_inputs())
    (interpreter,) = await Get(Targets, Addresses, addresses)
    found = await Get(DebianParts, DebianPartsRequest(interpreter))
    return MadeFile(path, (*parts, *_of(path, found.parts, INTERPRETER)))


async def _wheel_file(target: Target, path: str) -> MadeFile:
    lock_path = target[WheelFileLockField].value
    lock = await Get(Lock, LockRequest(lock_path, f"the lock of {target.address}"))
    name = normalise(target[WheelFileRequirementField].value)
    locked = installed_in(lock, RUNTIME).get(name)
    member = target[WheelFilePathField].value
    executable = bool(target[WheelFileExecutableField].value)
    parts = [Part("wheel_file", "", path, f"{mode(executable)} {member}")]
    if locked:
        parts.append(distribution_part("distribution", path, locked))
    return MadeFile(path, tuple(parts))


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
async def made_file(request: MadeFileRequest, python_setup: PythonSetup) -> MadeFile:
    """The file that a target puts into a context, and the parts that it is made of."""
    target = request.target
    path = os.path.join(target.address.spec_path, target.address.target_name)
    if isinstance(target, PythonLayerTarget):
        return await _layer_file(target, f"{path}.tar")
    if isinstance(target, DebianRootTarget):
        return await _debian_file(target, f"{path}.tar")
    if isinstance(target, WheelFileTarget):
        return await _wheel_file(target, path)
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
