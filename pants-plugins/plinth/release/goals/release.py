"""`./pants release`: the record of what is published of this commit; or what differs in two."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pants.backend.docker.subsystems.docker_options import DockerOptions
from pants.backend.docker.target_types import DockerImageSourceField
from pants.core.util_rules.distdir import DistDir
from pants.engine.console import Console
from pants.engine.fs import (
    EMPTY_DIGEST,
    CreateDigest,
    Digest,
    DigestContents,
    FileContent,
    GlobMatchErrorBehavior,
    PathGlobs,
    RemovePrefix,
    Workspace,
)
from pants.engine.goal import Goal
from pants.engine.process import FallibleProcessResult, Process, ProcessCacheScope
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, goal_rule, rule
from pants.engine.target import AllTargets
from pants.engine.unions import UnionRule
from pants.util.frozendict import FrozenDict

from plinth.archive.util_rules.builder import BuilderProcess
from plinth.code.rules import CodeAsRead
from plinth.code.rules import rules as code_rules
from plinth.git.util_rules.commit import Commit, CommitRequest
from plinth.images.fingerprint import ImageFingerprint, of_unlocked
from plinth.images.fingerprints import dump
from plinth.images.util_rules.fingerprint import ImageFingerprintRequest
from plinth.images.util_rules.image import AssembledImage, ImageAssembly, ImageRequest
from plinth.images.util_rules.names import ImageNames, ImageNamesRequest
from plinth.images.util_rules.publication import (
    ImagePublishSubsystem,
    NotPublished,
    NotPublishedRequest,
    Reach,
    ReachRequest,
)
from plinth.oci.format.descriptor import is_digest
from plinth.oci.format.reference import is_loopback
from plinth.release.artefact import FINGERPRINTS, sbom_name
from plinth.release.errors import ReleaseError
from plinth.release.util_rules.ids import ReleaseIds, ReleaseIdsRequest
from plinth.release.util_rules.sbom import Sbom, SbomRequest
from plinth.release.util_rules.subsystem import ReleaseSubsystem


class ReleaseGoal(Goal):
    subsystem_cls = ReleaseSubsystem
    environment_behavior = Goal.EnvironmentBehavior.LOCAL_ONLY


@dataclass(frozen=True)
class ReleasableRequest:
    """All images that are published."""


@dataclass(frozen=True)
class ReleasableImage:
    """An image, what it is made of, and its repositories."""

    image: AssembledImage
    made_of: ImageFingerprint
    names: ImageNames
    sbom: bytes

    def path(self, host: str) -> str | None:
        """Its repository's path in the registry; None when it does not go there."""
        paths = (name.partition("/") for name, _ in self.names.repositories)
        return next((path for where, _, path in paths if where == host), None)


@dataclass(frozen=True)
class Releasable:
    """The images, sorted by address; and why others are in no release."""

    images: tuple[ReleasableImage, ...]
    left_out: tuple[str, ...]


@rule
async def releasable(request: ReleasableRequest, targets: AllTargets) -> Releasable:
    """All images with their fingerprints and bills of materials, and what is left out, with why."""
    addresses = sorted(t.address for t in targets if t.has_field(DockerImageSourceField))
    reasons = await MultiGet(Get(NotPublished, NotPublishedRequest(each)) for each in addresses)
    left_out = {each: why.reason for each, why in zip(addresses, reasons) if why.reason}
    taken = [each for each in addresses if each not in left_out]
    assemblies = await MultiGet(Get(ImageAssembly, ImageRequest(each)) for each in taken)
    left_out.update(
        (each, "(built by Docker)") for each, found in zip(taken, assemblies) if not found.image
    )
    images = [found.image for found in assemblies if found.image]
    made_of = await MultiGet(
        Get(ImageFingerprint, ImageFingerprintRequest(each.address)) for each in images
    )
    names = await MultiGet(Get(ImageNames, ImageNamesRequest(each.address)) for each in images)
    sboms = await MultiGet(Get(Sbom, SbomRequest(image)) for image in images)
    return Releasable(
        tuple(
            ReleasableImage(image, replace(of, may_be_unlocked=False), name, sbom.content)
            for image, of, name, sbom in zip(images, made_of, names, sboms)
        ),
        tuple(f"{each} {left_out[each]}" for each in sorted(left_out)),
    )


def _base(each: ReleasableImage, paths: Mapping[str, str]) -> str | None:
    """What the image stands on: `repository@digest`, an external base's digest, or nothing."""
    base = each.image.base
    if base:
        return f"{paths.get(base.digest, base.name)}@{base.digest}"
    values = (part.value for part in each.made_of.parts if part.kind == "base")
    return next((value for value in values if is_digest(value)), None)


def _record(images: Sequence[ReleasableImage], host: str) -> list[dict[str, Any]]:
    """The images that go to the registry, but for what only it and the bills tell."""
    there = [(each, path) for each in images if (path := each.path(host))]
    paths = {each.image.digest: path for each, path in there}
    return [
        {
            "repository": path,
            "address": each.image.address.spec,
            "name": each.image.name,
            "digest": each.image.digest,
            "fingerprint": of_unlocked(each.made_of.value, each.image.unlocked),
            "base": _base(each, paths),
            "unlocked": list(each.image.unlocked),
        }
        for each, path in there
    ]


@dataclass(frozen=True)
class FileHashesRequest:
    """The sha256 of files of the repository, as `globs` of the option `origin`."""

    globs: tuple[str, ...]
    origin: str


@dataclass(frozen=True)
class FileHashes:
    """By path."""

    values: FrozenDict[str, str]


@rule
async def hash_files(request: FileHashesRequest) -> FileHashes:
    """The SHA-256 of each file that an option names."""
    files = await Get(
        DigestContents,
        PathGlobs(
            request.globs,
            glob_match_error_behavior=GlobMatchErrorBehavior.error,
            description_of_origin=f"the option `[release].{request.origin}`",
        ),
    )
    return FileHashes(
        FrozenDict({file.path: hashlib.sha256(file.content).hexdigest() for file in files})
    )


@dataclass(frozen=True)
class MakeReleaseRequest:
    """The release of this commit, in the registry at `host`."""

    host: str


@dataclass(frozen=True)
class MadeRelease:
    """What was said of it, and its files; an exit code that is not 0 when there is none."""

    exit_code: int
    said: str
    files: Digest


async def _run(
    module: str, argv: tuple[str, ...], inputs: Digest, reach: Reach
) -> FallibleProcessResult:
    process = await Get(
        Process,
        BuilderProcess(
            module=f"plinth.release.{module}",
            argv=argv,
            input_digest=inputs,
            output_directories=("release",),
            extra_env=reach.env,
            lockfile=reach.lockfile,
            # What a registry has is not Pants' to remember.
            cache_scope=ProcessCacheScope.PER_SESSION,
            description="Reading and writing releases",
        ),
    )
    return await Get(FallibleProcessResult, Process, process)


@rule
async def make_release(
    request: MakeReleaseRequest, subsystem: ReleaseSubsystem, publishing: ImagePublishSubsystem
) -> MadeRelease:
    """The record of this commit in one registry, made if it is not there yet."""
    commit = await Get(Commit, CommitRequest(publishing.main_branch))
    objection = commit.objection
    if objection and (commit.differences or not is_loopback(request.host)):
        raise ReleaseError(f"no release: {objection}")
    ids = await Get(ReleaseIds, ReleaseIdsRequest())
    found = await Get(Releasable, ReleasableRequest())
    images = _record(found.images, request.host)
    origins = ("runtime", "locks", "toolchain")
    hashes = await MultiGet(
        Get(FileHashes, FileHashesRequest(tuple(getattr(subsystem, origin)), origin))
        for origin in origins
    )
    plan = {
        "repository": f"{request.host}/{subsystem.repository}",
        "ancestors": ids.ancestors,
        "images": images,
        "release": {
            "id": ids.id,
            "commit": commit.id,
            "time": commit.time,
            "previous": ids.previous,
            **{origin: dict(each.values) for origin, each in zip(origins, hashes)},
        },
    }
    sboms = [(path, each.sbom) for each in found.images if (path := each.path(request.host))]
    inputs = await Get(
        Digest,
        CreateDigest(
            [
                FileContent("plan.json", json.dumps(plan).encode()),
                FileContent(FINGERPRINTS, dump(each.made_of for each in found.images).encode()),
                *(FileContent(sbom_name(path), sbom) for path, sbom in sboms),
            ]
        ),
    )
    argv = ("--plan", "plan.json", "--out", "release")
    reach = await Get(Reach, ReachRequest((request.host,)))
    result = await _run("make", argv, inputs, reach)
    said = (result.stdout + result.stderr).decode(errors="replace").strip()
    notes = (f"left out: {reason}" for reason in found.left_out)
    files = await Get(Digest, RemovePrefix(result.output_digest, "release"))
    return MadeRelease(result.exit_code, "\n".join((*notes, said)), files)


async def _compare(pair: str, repository: str) -> tuple[int, str]:
    before, dots, after = pair.partition("..")
    if not (before and dots and after):
        raise ReleaseError(f"--release-diff={pair} is not two ids, as 2026-11-22.1..2026-11-23.4")
    argv = ("--repository", repository, before, after)
    reach = await Get(Reach, ReachRequest((repository.partition("/")[0],)))
    result = await _run("compare", argv, EMPTY_DIGEST, reach)
    return result.exit_code, (result.stdout + result.stderr).decode(errors="replace").strip()


def _hosts(options: DockerOptions) -> tuple[str, ...]:
    """The registries that images go to."""
    found = (r.address for r in options.registries().registries.values() if not r.skip_push)
    return tuple(dict.fromkeys(found))


@goal_rule
async def release(
    console: Console,
    subsystem: ReleaseSubsystem,
    docker: DockerOptions,
    workspace: Workspace,
    dist_dir: DistDir,
    as_read: CodeAsRead,
) -> ReleaseGoal:
    """Make the release record of HEAD in each registry, or compare two."""
    hosts = _hosts(docker)
    if not hosts:
        raise ReleaseError("no registry: see `[docker.registries]` in pants.toml")
    if subsystem.diff:
        code, said = await _compare(subsystem.diff, f"{hosts[0]}/{subsystem.repository}")
        (console.print_stderr if code else console.print_stdout)(said)
        return ReleaseGoal(code)
    code = 0
    for host in hosts:
        made = await Get(MadeRelease, MakeReleaseRequest(host))
        console.print_stderr(made.said)
        if made.exit_code == 0:
            workspace.write_digest(made.files, path_prefix=str(dist_dir.relpath / "release"))
        code = code or made.exit_code
    return ReleaseGoal(code)


def rules() -> Iterable[Rule | UnionRule]:
    return [*collect_rules(), *code_rules()]
