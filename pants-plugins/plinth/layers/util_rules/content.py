"""What a `python_layer` holds, told from the repository alone: nothing is built or installed."""

from __future__ import annotations

import os.path
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath

from packaging.requirements import Requirement
from pants.backend.python.subsystems.setup import PythonSetup
from pants.backend.python.target_types import (
    PythonRequirementResolveField,
    PythonRequirementsField,
    PythonSourceField,
)
from pants.core.target_types import FileSourceField, ResourceSourceField
from pants.core.util_rules.source_files import SourceFiles, SourceFilesRequest
from pants.engine.addresses import Address, Addresses, UnparsedAddressInputs
from pants.engine.engine_aware import EngineAwareParameter
from pants.engine.fs import Digest, DigestEntries, FileEntry
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.target import (
    DependenciesRequest,
    SourcesField,
    Target,
    TransitiveTargets,
    TransitiveTargetsRequest,
)
from pants.engine.unions import UnionRule
from pants.source.source_root import SourceRootsRequest, SourceRootsResult
from pants.util.logging import LogLevel

from plinth.git.util_rules import as_committed
from plinth.git.util_rules.as_committed import AsCommitted, AsCommittedRequest
from plinth.layers.content import Closure, FirstPartyFile, less, only, united
from plinth.layers.errors import LayerError
from plinth.layers.target_types import (
    PythonLayerContentField,
    PythonLayerDependenciesField,
    PythonLayerLessField,
    PythonLayerPathField,
    PythonLayerTarget,
)
from plinth.layers.util_rules.lock import LockRequest
from plinth.lockfile.closure import closure
from plinth.lockfile.distribution import Distribution, Lock, normalise
from plinth.lockfile.environment import RUNTIME
from plinth.lockfile.errors import NotLocked


@dataclass(frozen=True)
class LayerContentRequest(EngineAwareParameter):
    """What the `python_layer` target holds."""

    target: Target

    def debug_hint(self) -> str:
        return self.target.address.spec


@dataclass(frozen=True)
class LayerContent:
    """What goes into a layer: files by path and distributions by name, both sorted.

    `path` is the folder in the image. `lock` is the lock's path, "" when no distribution is in it.
    """

    address: Address
    path: str
    first_party: tuple[FirstPartyFile, ...]
    distributions: tuple[Distribution, ...]
    lock: str

    @property
    def closure(self) -> Closure:
        return Closure(self.first_party, self.distributions, self.lock)


@dataclass(frozen=True)
class ClosureRequest(EngineAwareParameter):
    """All that the targets at `roots` need, themselves included."""

    roots: Addresses

    def debug_hint(self) -> str:
        return ", ".join(address.spec for address in self.roots)


@dataclass(frozen=True)
class CarriedRequest(EngineAwareParameter):
    """What the layers of the images at `images` hold."""

    images: Addresses

    def debug_hint(self) -> str:
        return ", ".join(address.spec for address in self.images)


@dataclass(frozen=True)
class Carried:
    """The `python_layer` targets in the images' transitive dependencies, with their content."""

    layers: tuple[Target, ...]
    contents: tuple[LayerContent, ...]

    @property
    def closure(self) -> Closure:
        return united(content.closure for content in self.contents)


@dataclass(frozen=True)
class FilesRequest:
    """The files that source fields hold, as Python finds them."""

    sources: tuple[SourcesField, ...]


@dataclass(frozen=True)
class RequirementsRequest:
    """What requirement targets need, from the lock at `lock`."""

    targets: tuple[Target, ...]
    lock: str


@rule(desc="Finding what a layer holds", level=LogLevel.DEBUG)
async def layer_content(request: LayerContentRequest) -> LayerContent:
    """The files and distributions of a layer: all that its code needs, less what is below."""
    target = request.target
    needed, carried = await MultiGet(
        Get(Closure, PythonLayerDependenciesField, target[PythonLayerDependenciesField]),
        Get(Carried, PythonLayerLessField, target[PythonLayerLessField]),
    )
    rest = only(less(needed, carried.closure), target[PythonLayerContentField].value or ())
    return LayerContent(
        address=target.address,
        path=str(target[PythonLayerPathField].value),
        first_party=rest.first_party,
        distributions=rest.distributions,
        lock=rest.lock if rest.distributions else "",
    )


@rule(level=LogLevel.DEBUG)
async def dependencies_of_layer(field: PythonLayerDependenciesField) -> Closure:
    """All that the code of a layer needs."""
    return await Get(Closure, ClosureRequest(await Get(Addresses, DependenciesRequest(field))))


@rule(level=LogLevel.DEBUG)
async def images_below(field: PythonLayerLessField) -> Carried:
    """What the images of a layer's `less` carry."""
    if not field.value:
        return Carried((), ())
    images = await Get(Addresses, UnparsedAddressInputs, field.to_unparsed_address_inputs())
    return await Get(Carried, CarriedRequest(images))


@rule(desc="Finding what images carry", level=LogLevel.DEBUG)
async def carried(request: CarriedRequest) -> Carried:
    """What images carry in their Python layers, those of their bases included."""
    found = await Get(TransitiveTargets, TransitiveTargetsRequest(request.images))
    layers = sorted(
        (target for target in found.closure if isinstance(target, PythonLayerTarget)),
        key=lambda target: target.address,
    )
    contents = await MultiGet(Get(LayerContent, LayerContentRequest(layer)) for layer in layers)
    return Carried(tuple(layers), tuple(contents))


@rule(desc="Finding what Python code needs", level=LogLevel.DEBUG)
async def find_closure(request: ClosureRequest, python_setup: PythonSetup) -> Closure:
    """All first-party files and locked distributions that some targets need."""
    found = await Get(TransitiveTargets, TransitiveTargetsRequest(request.roots))
    refuse_what_is_no_code(found.closure)
    requirements = [t for t in found.closure if t.has_field(PythonRequirementsField)]
    first_party, third_party = await MultiGet(
        Get(Closure, FilesRequest(_sources(found.closure))),
        Get(
            Closure, RequirementsRequest(tuple(requirements), lock_path(requirements, python_setup))
        ),
    )
    return united((first_party, third_party))


def refuse_what_is_no_code(targets: Iterable[Target]) -> None:
    """Raise `LayerError` for what no layer can hold, so that it is not left out in silence."""
    for target in targets:
        if target.has_field(FileSourceField):
            raise LayerError(
                f"{target.address} is a `{target.alias}` target, and a `python_layer` needs it. "
                "Python code finds its data with importlib.resources, below a source root: make it "
                "a `resource`."
            )
        if isinstance(target, PythonLayerTarget):
            raise LayerError(
                f"{target.address} is a layer, and another `python_layer` depends on it. To leave "
                "out what an image holds, name the image in `less`."
            )


def _sources(targets: Iterable[Target]) -> tuple[SourcesField, ...]:
    # Target generators and their generated targets hold the same files.
    return tuple(
        sorted(
            (t[SourcesField] for t in targets if t.has_field(SourcesField)),
            key=lambda field: field.address,
        )
    )


@rule(level=LogLevel.DEBUG)
async def first_party_files(request: FilesRequest) -> Closure:
    """Sources by the path from which they are imported, as committed."""
    files = await Get(
        SourceFiles,
        SourceFilesRequest(
            request.sources,
            for_sources_types=(PythonSourceField, ResourceSourceField),
            enable_codegen=True,
        ),
    )
    committed, roots = await MultiGet(
        Get(AsCommitted, AsCommittedRequest(files.snapshot.digest)),
        Get(SourceRootsResult, SourceRootsRequest, SourceRootsRequest.for_files(files.files)),
    )
    found: dict[str, FirstPartyFile] = {}
    for entry in await Get(DigestEntries, Digest, committed.digest):
        if not isinstance(entry, FileEntry):
            continue
        path = os.path.relpath(entry.path, roots.path_to_root[PurePath(entry.path)].path)
        file = FirstPartyFile(
            path=path,
            source=entry.path,
            fingerprint=entry.file_digest.fingerprint,
            size=entry.file_digest.serialized_bytes_length,
            executable=entry.is_executable,
        )
        other = found.setdefault(path, file)
        if other is not file:
            raise LayerError(
                f"{other.source} and {entry.path} would both be {path}, each below its own source "
                "root: only one of them could be imported. Rename one."
            )
    return Closure(first_party=tuple(found[path] for path in sorted(found)))


@rule(level=LogLevel.DEBUG)
async def third_party_distributions(request: RequirementsRequest) -> Closure:
    """The locked distributions of requirements, and of what these require."""
    if not request.targets:
        return Closure()
    origin = f"the resolve of {request.targets[0].address}"
    lock = await Get(Lock, LockRequest(request.lock, origin))
    asked = {
        normalise(requirement.name): target.address
        for target in request.targets
        for requirement in _requirements(target)
        if RUNTIME.holds(str(requirement.marker or ""))
    }
    try:
        found = closure(lock, asked, RUNTIME)
    except NotLocked as error:
        addresses = ", ".join(asked[name].spec for name in error.names)
        raise LayerError(f"A `python_layer` needs {addresses}:\n{error}") from None
    return Closure(distributions=found, lock=request.lock)


def _requirements(target: Target) -> tuple[Requirement, ...]:
    return tuple(Requirement(str(value)) for value in target[PythonRequirementsField].value)


def lock_path(requirements: Iterable[Target], python_setup: PythonSetup) -> str:
    """The lock of the one resolve that the requirement targets are of; "" when there are none."""
    resolves = {
        target[PythonRequirementResolveField].normalized_value(python_setup): target.address
        for target in requirements
    }
    if not resolves:
        return ""
    if len(resolves) > 1:
        raise LayerError(
            "A layer needs requirements of several resolves: "
            + ", ".join(f"{address} of `{name}`" for name, address in sorted(resolves.items()))
            + ". What one Python process imports must be locked together."
        )
    (name,) = resolves
    if name not in python_setup.resolves:
        raise LayerError(
            "A `python_layer` needs the locks of `[python].resolves`: set `enable_resolves = true`."
        )
    return python_setup.resolves[name]


def rules() -> Iterable[Rule | UnionRule]:
    return [*collect_rules(), *as_committed.rules()]
