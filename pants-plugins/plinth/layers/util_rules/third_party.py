"""Install a layer's distributions from the lock, in Pants' sandbox."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from pants.engine.engine_aware import EngineAwareParameter
from pants.engine.env_vars import EnvironmentVars, EnvironmentVarsRequest
from pants.engine.fs import CreateDigest, Digest, FileContent
from pants.engine.process import FallibleProcessResult, Process
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.target import Target
from pants.engine.unions import UnionRule
from pants.util.frozendict import FrozenDict
from pants.util.logging import LogLevel
from pants.util.strutil import pluralize

from plinth.archive.util_rules.builder import BuilderProcess
from plinth.layers import (
    install,
)
from plinth.layers.compiled import Report
from plinth.layers.errors import InstallError
from plinth.layers.index import VARIABLES
from plinth.layers.target_types import PythonLayerInterpreterField
from plinth.layers.util_rules.content import LayerContent, LayerContentRequest
from plinth.layers.util_rules.runtime import LayerRuntime
from plinth.layers.uv_install import CACHE
from plinth.lockfile.distribution import Distribution
from plinth.lockfile.write import requirements_text
from plinth.platform import PLATFORM

logger = logging.getLogger(__name__)

THIRD_PARTY_TAR = "third_party.tar"
_REQUIREMENTS = "locked.txt"


@dataclass(frozen=True)
class ThirdPartyRequest(EngineAwareParameter):
    """The third-party files of a `python_layer` target."""

    target: Target

    def debug_hint(self) -> str:
        return self.target.address.spec


@dataclass(frozen=True)
class ThirdParty:
    """A layer's distributions, installed and compiled: the file `third_party.tar` in `digest`."""

    digest: Digest
    report: Report


@dataclass(frozen=True)
class Installation:
    """A run of a module that installs `distributions` of `lock` with uv."""

    module: str
    argv: tuple[str, ...]
    distributions: tuple[Distribution, ...]
    lock: str
    output_files: tuple[str, ...]
    description: str
    owner: str
    immutable_inputs: FrozenDict[str, Digest] = FrozenDict()


@dataclass(frozen=True)
class InstalledFiles:
    """The output files of an installation, and what its module wrote to standard output."""

    digest: Digest
    stdout: bytes


@rule(level=LogLevel.DEBUG)
async def run_installation(request: Installation) -> InstalledFiles:
    """What installing locked distributions for the platform left."""
    requirements, environment = await MultiGet(
        Get(Digest, CreateDigest([_requirements_file(request.distributions)])),
        Get(EnvironmentVars, EnvironmentVarsRequest(VARIABLES)),
    )
    process = await Get(
        Process,
        BuilderProcess(
            module=request.module,
            argv=(
                *("--requirements", _REQUIREMENTS),
                *("--platform", PLATFORM.wheels, "--python-version", PLATFORM.python),
                *request.argv,
            ),
            input_digest=requirements,
            immutable_inputs=request.immutable_inputs,
            output_files=request.output_files,
            extra_env=FrozenDict(environment),
            append_only_caches=FrozenDict({"plinth_uv": CACHE}),
            description=request.description,
        ),
    )
    result = await Get(FallibleProcessResult, Process, process)
    if result.exit_code:
        message = result.stderr.decode(errors="replace").strip()
        raise InstallError(f"{request.owner}, from {request.lock}: {message}")
    return InstalledFiles(result.output_digest, result.stdout)


def _requirements_file(distributions: Iterable[Distribution]) -> FileContent:
    return FileContent(_REQUIREMENTS, requirements_text(distributions).encode())


@rule(desc="Installing a layer's packages", level=LogLevel.DEBUG)
async def third_party(request: ThirdPartyRequest) -> ThirdParty:
    """The third-party half of a layer."""
    content, python = await MultiGet(
        Get(LayerContent, LayerContentRequest(request.target)),
        Get(LayerRuntime, PythonLayerInterpreterField, request.target[PythonLayerInterpreterField]),
    )
    installed = await Get(
        InstalledFiles,
        Installation(
            module=install.__name__,
            argv=("--at", content.path.lstrip("/"), "--tar", THIRD_PARTY_TAR, *python.argv),
            distributions=content.distributions,
            lock=content.lock,
            output_files=(THIRD_PARTY_TAR,),
            description=(
                f"Installing {pluralize(len(content.distributions), 'package')} "
                f"for {content.address}"
            ),
            owner=content.address.spec,
            immutable_inputs=python.folders,
        ),
    )
    report = Report.from_json(installed.stdout)
    for line in report.left_out:
        logger.info(f"{content.address}: not compiled: {line}")
    if report.warning:
        logger.warning(f"{content.address}: {report.warning}")
    return ThirdParty(installed.digest, report)


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
