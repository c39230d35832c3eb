"""From a `debian_root` target to its tar: fetch, unpack, and say aloud what is not as locked."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from dataclasses import dataclass

from pants.core.target_types import FileSourceField
from pants.engine.env_vars import EnvironmentVars, EnvironmentVarsRequest
from pants.engine.fs import (
    EMPTY_DIGEST,
    AddPrefix,
    Digest,
    DigestContents,
    GlobMatchErrorBehavior,
    MergeDigests,
    PathGlobs,
    Snapshot,
)
from pants.engine.process import FallibleProcessResult, Process, ProcessCacheScope
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.target import (
    GeneratedSources,
    GenerateSourcesRequest,
    HydratedSources,
    HydrateSourcesRequest,
    Target,
)
from pants.engine.unions import UnionRule
from pants.util.frozendict import FrozenDict

from plinth.archive.network import NETWORK
from plinth.archive.util_rules.builder import BuilderProcess
from plinth.code.rules import CodeAsRead
from plinth.code.rules import rules as code_rules
from plinth.debian.errors import ArchiveError, PackageGone, RootError
from plinth.debian.lock import Lock, LockedPackage, changes, closure, parse
from plinth.debian.subsystem import DebianSubsystem
from plinth.debian.target_types import (
    DebianCompileField,
    DebianExcludePathsField,
    DebianLockField,
    DebianPackagesField,
)

logger = logging.getLogger(__name__)

PERMISSION = "PLINTH_UNLOCKED"
# What says how to reach an archive. Nothing of it can change which bytes are accepted.
_REACH = ("PLINTH_DEBIAN_MIRROR", "PLINTH_DEBIAN_SECURITY_MIRROR", *NETWORK)
# And who one is at one's own registry, as Docker has it.
_REGISTRY = ("DOCKER_CONFIG", "HOME", "PATH")
_KEPT = FrozenDict({"plinth_debian": ".kept"})


@dataclass(frozen=True)
class DebianRootRequest:
    """Asks for the root file system that a `debian_root` target stands for."""

    target: Target


@dataclass(frozen=True)
class DebianRoot:
    """The tar of a root file system, at `path` in `digest`.

    `unlocked` has a line for each package that is not at its locked version; it is empty unless the
    build was permitted to go on without the lock.
    """

    digest: Digest
    path: str
    unlocked: tuple[str, ...]


@dataclass(frozen=True)
class FetchedDeb:
    """A `.deb` as `<name>.deb`, or the reason why the archive no longer has it."""

    digest: Digest
    gone: str = ""


@dataclass(frozen=True)
class CurrentLockRequest:
    """What does the archive have now for the request that the lock in `lock_path` answers?"""

    lock_path: str


@dataclass(frozen=True)
class CurrentLock:
    """What the archive would be locked to now."""

    lock: Lock


@rule(desc="Fetching a locked Debian package")
async def fetch_deb(package: LockedPackage, options: DebianSubsystem) -> FetchedDeb:
    """One locked package, checked against its hash, or why the archive no longer has it."""
    environment = await Get(
        EnvironmentVars, EnvironmentVarsRequest([*_REACH, *(_REGISTRY if options.mirror else ())])
    )
    out = f"{package.name}.deb"
    process = await Get(
        Process,
        BuilderProcess(
            module="plinth.debian.fetch",
            argv=(
                *("--package", package.to_json(), "--kept", ".kept", "--out", out),
                *(("--mirror", options.mirror) if options.mirror else ()),
            ),
            output_files=(out,),
            extra_env=FrozenDict(environment),
            append_only_caches=_KEPT,
            description=f"Fetching {package.name} {package.version} ({package.size / 1e6:.1f} MB)",
        ),
    )
    result = await Get(FallibleProcessResult, Process, process)
    stderr = result.stderr.decode(errors="replace").strip()
    if result.exit_code == PackageGone.exit_code:
        return FetchedDeb(EMPTY_DIGEST, stderr)
    if result.exit_code != 0:
        raise ArchiveError(stderr)
    return FetchedDeb(result.output_digest)


@rule(desc="Asking the Debian archive for its current versions")
async def current_lock(request: CurrentLockRequest) -> CurrentLock:
    """The lock that the archive's signed index of this moment gives."""
    keyring = os.path.join(os.path.dirname(request.lock_path), "keyring.gpg")
    files, environment = await MultiGet(
        Get(
            Digest,
            PathGlobs(
                [request.lock_path, keyring],
                glob_match_error_behavior=GlobMatchErrorBehavior.error,
                description_of_origin="a `debian_root`'s lock, and the archive's keys beside it",
            ),
        ),
        Get(EnvironmentVars, EnvironmentVarsRequest([*_REACH, "PATH"])),
    )
    process = await Get(
        Process,
        BuilderProcess(
            module="plinth.debian.current",
            argv=(
                "--lock",
                request.lock_path,
                "--keyring",
                keyring,
                "--kept",
                ".kept",
                "--out",
                "current.json",
            ),
            input_digest=files,
            output_files=("current.json",),
            extra_env=FrozenDict(environment),
            append_only_caches=_KEPT,
            # The answer is the archive's of today, so it must not outlive this run of Pants or of
            # its daemon.
            cache_scope=ProcessCacheScope.PER_RESTART_SUCCESSFUL,
            description="Resolving current versions, as PLINTH_UNLOCKED=allow permits",
        ),
    )
    result = await Get(FallibleProcessResult, Process, process)
    if result.exit_code != 0:
        raise ArchiveError(result.stderr.decode(errors="replace").strip())
    contents = await Get(DigestContents, Digest, result.output_digest)
    return CurrentLock(parse(contents[0].content.decode(), "the archive's current versions"))


@dataclass(frozen=True)
class Debs:
    """`<name>.deb` of each package, one digest each."""

    packages: tuple[LockedPackage, ...]
    digests: tuple[Digest, ...]
    unlocked: tuple[str, ...] = ()


@dataclass(frozen=True)
class DebsRequest:
    """The packages of the lock in `lock_path` that `names`, or all that was wanted, need."""

    lock: Lock
    lock_path: str
    names: tuple[str, ...]


@rule(desc="Collecting Debian packages")
async def collect_debs(request: DebsRequest) -> Debs:
    """All packages of a root, as locked. Other versions only where `PLINTH_UNLOCKED` permits it."""
    packages = closure(request.lock, request.names, request.lock_path)
    fetched = await MultiGet(Get(FetchedDeb, LockedPackage, package) for package in packages)
    gone = [deb.gone for deb in fetched if deb.gone]
    if not gone:
        return Debs(packages, tuple(deb.digest for deb in fetched))
    environment = await Get(EnvironmentVars, EnvironmentVarsRequest([PERMISSION]))
    if not _permitted(environment.get(PERMISSION, "")):
        raise PackageGone("\n".join(gone))
    # Not only the missing ones: versions of one moment fit together, as the archive has tested
    # them.
    current = await Get(CurrentLock, CurrentLockRequest(request.lock_path))
    now = closure(current.lock, request.names, "the archive's index")
    fetched = await MultiGet(Get(FetchedDeb, LockedPackage, package) for package in now)
    for deb in fetched:
        if deb.gone:
            raise ArchiveError(
                f"the archive's index and its packages disagree, as during an update: {deb.gone}"
            )
    return Debs(now, tuple(deb.digest for deb in fetched), changes(packages, now))


def _permitted(value: str) -> bool:
    if value not in ("", "allow"):
        raise ArchiveError(f"{PERMISSION} is {value!r}. Set it to `allow`, or not at all.")
    return value == "allow"


@rule(desc="Making a Debian root file system")
async def make_root(request: DebianRootRequest) -> DebianRoot:
    """A `debian_root` as one tar, unpacked from its locked packages."""
    target = request.target
    hydrated = await Get(HydratedSources, HydrateSourcesRequest(target[DebianLockField]))
    (lock_path,) = hydrated.snapshot.files
    contents = await Get(DigestContents, Digest, hydrated.snapshot.digest)
    lock = parse(contents[0].content.decode(errors="replace"), lock_path)
    names = target[DebianPackagesField].value or lock.wanted
    debs = await Get(Debs, DebsRequest(lock, lock_path, tuple(names)))
    if debs.unlocked:
        logger.warning(
            f"{target.address} is UNLOCKED: the Debian archive has replaced what {lock_path} "
            f"names, and {PERMISSION}=allow permits to go on with other versions: "
            f"{', '.join(debs.unlocked)}. Images with it are for this machine only. Run `make "
            "lock` to lock what the archive has now."
        )
    out = f"{target.address.target_name}.tar"
    input_digest = await Get(Digest, MergeDigests(debs.digests))
    process = await Get(
        Process,
        BuilderProcess(
            module="plinth.debian.unpack",
            argv=(
                *("--out", out),
                *("--deb", *(f"{package.name}.deb" for package in debs.packages)),
                *("--compile", *(target[DebianCompileField].value or ())),
                *("--exclude", *(target[DebianExcludePathsField].value or ())),
            ),
            input_digest=input_digest,
            output_files=(out,),
            description=f"Unpacking {len(debs.packages)} Debian packages for {target.address}",
        ),
    )
    result = await Get(FallibleProcessResult, Process, process)
    stderr = result.stderr.decode(errors="replace").strip()
    if result.exit_code != 0:
        raise RootError(f"{target.address}: {stderr}")
    if stderr:
        logger.warning(f"{target.address}: {stderr}")
    return DebianRoot(
        digest=await Get(Digest, AddPrefix(result.output_digest, target.address.spec_path)),
        path=os.path.join(target.address.spec_path, out),
        unlocked=debs.unlocked,
    )


class GenerateDebianRootRequest(GenerateSourcesRequest):
    input = DebianLockField
    output = FileSourceField


@rule
async def generate_root(
    request: GenerateDebianRootRequest, as_read: CodeAsRead
) -> GeneratedSources:
    """The tar of a `debian_root`, for whatever takes it as a file."""
    root = await Get(DebianRoot, DebianRootRequest(request.protocol_target))
    return GeneratedSources(await Get(Snapshot, Digest, root.digest))


def rules() -> Iterable[Rule | UnionRule]:
    return (
        *collect_rules(),
        *code_rules(),
        UnionRule(GenerateSourcesRequest, GenerateDebianRootRequest),
    )
