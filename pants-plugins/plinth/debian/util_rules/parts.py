"""What a `debian_root` is made of, told from its lock without fetching any of it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from pants.engine.fs import Digest, DigestContents
from pants.engine.rules import Get, Rule, collect_rules, rule
from pants.engine.target import HydratedSources, HydrateSourcesRequest, Target
from pants.engine.unions import UnionRule

from plinth.debian.lock import closure, parse
from plinth.debian.target_types import (
    DebianCompileField,
    DebianExcludePathsField,
    DebianLockField,
    DebianPackagesField,
    DebianRootTarget,
)
from plinth.fingerprint.made import MadeFile, parts_of
from plinth.fingerprint.part import Part
from plinth.fingerprint.util_rules.maker import MakerRequest

PACKAGE = "package"


@dataclass(frozen=True)
class DebianPartsRequest:
    """Asks what a `debian_root` is made of."""

    target: Target


@dataclass(frozen=True)
class DebianParts:
    """The parts of a `debian_root`, of kind PACKAGE and of no file."""

    parts: tuple[Part, ...]


class DebianRootMaker(MakerRequest):
    maker = DebianRootTarget


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


@rule
async def made_root(request: DebianRootMaker) -> MadeFile:
    """The tar of a `debian_root`."""
    path = f"{request.path}.tar"
    found = await Get(DebianParts, DebianPartsRequest(request.target))
    return MadeFile(path, tuple(parts_of(path, found.parts)))


def rules() -> Iterable[Rule | UnionRule]:
    return [*collect_rules(), UnionRule(MakerRequest, DebianRootMaker)]
