"""What an image stands on: another target's image, an image of some registry, or nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pants.engine.env_vars import EnvironmentVars, EnvironmentVarsRequest
from pants.engine.fs import Digest, DigestContents
from pants.engine.process import FallibleProcessResult, Process
from pants.engine.rules import Get, Rule, collect_rules, rule
from pants.engine.unions import UnionRule
from pants.util.frozendict import FrozenDict
from pants.util.logging import LogLevel

from plinth.archive.util_rules.builder import BuilderProcess
from plinth.images.errors import ImageError
from plinth.images.reach import REGISTRIES
from plinth.oci.assemble.fetch_base import MODULE


@dataclass(frozen=True)
class ExternalBaseRequest:
    """An image of a registry, as `repository@sha256:…`."""

    reference: str


@dataclass(frozen=True)
class ExternalBase:
    """Its documents, checked against their digests, and the index of its file tree as JSON."""

    manifest: bytes
    config: bytes
    index: bytes


@rule(desc="Fetching a base image's documents", level=LogLevel.DEBUG)
async def fetch_external_base(request: ExternalBaseRequest) -> ExternalBase:
    """Manifest and configuration of a base image in a registry; its layers stay there."""
    environment = await Get(EnvironmentVars, EnvironmentVarsRequest(REGISTRIES))
    process = await Get(
        Process,
        BuilderProcess(
            module=MODULE,
            argv=("--reference", request.reference, "--out-dir", "base"),
            extra_env=FrozenDict(environment),
            output_directories=("base",),
            description=f"Reading the base image {request.reference}",
        ),
    )
    result = await Get(FallibleProcessResult, Process, process)
    if result.exit_code:
        raise ImageError(result.stderr.decode(errors="replace").strip())
    contents = await Get(DigestContents, Digest, result.output_digest)
    files = {file.path: file.content for file in contents}
    return ExternalBase(
        files["base/manifest.json"], files["base/config.json"], files["base/index.json"]
    )


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
