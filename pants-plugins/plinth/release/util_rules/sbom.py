"""The bill of materials of an image, from the locks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pants.engine.engine_aware import EngineAwareParameter
from pants.engine.fs import (
    CreateDigest,
    Digest,
    DigestContents,
    FileContent,
    GlobMatchErrorBehavior,
    PathGlobs,
)
from pants.engine.process import Process, ProcessResult
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.unions import UnionRule
from pants.util.logging import LogLevel

from plinth.archive.util_rules.builder import BuilderProcess
from plinth.debian.util_rules.parts import PACKAGE
from plinth.images.fingerprint import ImageFingerprint, Part
from plinth.images.util_rules.fingerprint import ImageFingerprintRequest
from plinth.images.util_rules.image import AssembledImage
from plinth.lockfile.distribution import Distribution
from plinth.lockfile.parse import parse
from plinth.release.util_rules.subsystem import ReleaseSubsystem


@dataclass(frozen=True)
class SbomRequest(EngineAwareParameter):
    """The bill of materials of an assembled image."""

    image: AssembledImage

    def debug_hint(self) -> str:
        return self.image.address.spec


@dataclass(frozen=True)
class Sbom:
    """CycloneDX, as JSON: the same image gives the same bytes."""

    content: bytes


@dataclass(frozen=True)
class LicencesRequest:
    """Asks for the licences of the packages in an image."""

    image: AssembledImage


@dataclass(frozen=True)
class Licences:
    """What the image's own layers say of licences, as JSON."""

    content: bytes


@dataclass(frozen=True)
class LockedDistributionsRequest:
    """The distributions of the locks that a release names."""


@dataclass(frozen=True)
class LockedDistributions:
    """All distributions of the locks that a release names."""

    distributions: tuple[Distribution, ...]


@rule
async def locked_distributions(
    request: LockedDistributionsRequest, subsystem: ReleaseSubsystem
) -> LockedDistributions:
    """The distributions of all locks that `[release].locks` names."""
    files = await Get(
        DigestContents,
        PathGlobs(
            subsystem.locks,
            glob_match_error_behavior=GlobMatchErrorBehavior.error,
            description_of_origin="the option `[release].locks`",
        ),
    )
    locks = [parse(file.content.decode(), file.path) for file in files]
    return LockedDistributions(tuple(each for lock in locks for each in lock.distributions))


@rule(desc="Reading licences", level=LogLevel.DEBUG)
async def read_licences(request: LicencesRequest) -> Licences:
    """The licences of the packages that an image's own layers hold."""
    image = request.image
    process = await Get(
        Process,
        BuilderProcess(
            module="plinth.release.licences",
            argv=("--layout", image.path, "--out", "licences.json"),
            input_digest=image.layout,
            output_files=("licences.json",),
            description=f"Reading the licences in {image.name}",
            level=LogLevel.DEBUG,
        ),
    )
    result = await Get(ProcessResult, Process, process)
    (file,) = await Get(DigestContents, Digest, result.output_digest)
    return Licences(file.content)


def components(
    parts: Iterable[Part], locked: Mapping[tuple[str, str], Distribution]
) -> Iterator[dict[str, Any]]:
    """The packages among the parts of a fingerprint, as `plinth.release.sbom` takes them."""
    for part in parts:
        version, _, rest = part.value.partition(" ")
        if part.kind == PACKAGE and part.name:
            sha256 = [rest.partition(":")[2]]
            yield {"type": "deb", "name": part.name, "version": version, "sha256": sha256}
        elif part.kind == "distribution":
            found = locked.get((part.name, version))
            hashes = [each.partition(":")[2] for each in found.hashes] if found else []
            yield {"type": "pypi", "name": part.name, "version": version, "sha256": hashes}


@rule(desc="Writing a bill of materials", level=LogLevel.DEBUG)
async def write_sbom(request: SbomRequest, subsystem: ReleaseSubsystem) -> Sbom:
    """The bill of materials of an image and its bases."""
    image = request.image
    stack = (image, *image.bases)
    found = await MultiGet(
        Get(ImageFingerprint, ImageFingerprintRequest(each.address)) for each in stack
    )
    licences = await MultiGet(Get(Licences, LicencesRequest(each)) for each in stack)
    known = await Get(LockedDistributions, LockedDistributionsRequest())
    locked = {(each.name, each.version): each for each in known.distributions}
    packages = {
        json.dumps(each, sort_keys=True): each
        for made_of in found
        for each in components(made_of.parts, locked)
    }
    document = {
        "name": image.name,
        "digest": image.digest,
        "unlocked": list(image.unlocked),
        "components": [packages[key] for key in sorted(packages)],
    }
    names = [f"licences-{number}.json" for number in range(len(licences))]
    files = [FileContent(name, each.content) for name, each in zip(names, licences)]
    files.append(FileContent("image.json", json.dumps(document).encode()))
    options = (word for name in names for word in ("--licences", name))
    process = await Get(
        Process,
        BuilderProcess(
            module="plinth.release.sbom",
            argv=("--image", "image.json", *options, "--out", "sbom.json"),
            input_digest=await Get(Digest, CreateDigest(files)),
            output_files=("sbom.json",),
            description=f"Writing the bill of materials of {image.name}",
            level=LogLevel.DEBUG,
            lockfile=subsystem.lockfile,
        ),
    )
    result = await Get(ProcessResult, Process, process)
    (file,) = await Get(DigestContents, Digest, result.output_digest)
    return Sbom(file.content)


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
