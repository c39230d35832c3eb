"""A `python_layer` as the file that other targets get from it."""

from __future__ import annotations

import io
import logging
import os.path
import posixpath
from collections.abc import Iterable
from dataclasses import dataclass

from pants.core.target_types import FileSourceField
from pants.engine.addresses import Address
from pants.engine.engine_aware import EngineAwareParameter
from pants.engine.fs import (
    CreateDigest,
    Digest,
    DigestEntries,
    FileContent,
    FileDigest,
    FileEntry,
    MergeDigests,
    Snapshot,
)
from pants.engine.process import FallibleProcessResult, Process, ProcessResult
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.target import GeneratedSources, GenerateSourcesRequest, Target
from pants.engine.unions import UnionRule
from pants.util.logging import LogLevel
from pants.util.strutil import pluralize

from plinth.archive.tar import DIRECTORY, Entry, normalise, with_parents, write_tar
from plinth.archive.util_rules.builder import BuilderProcess
from plinth.code.rules import CodeAsRead
from plinth.code.rules import rules as code_rules
from plinth.layers import join, pack
from plinth.layers.compiled import Report
from plinth.layers.errors import LayerError
from plinth.layers.target_types import (
    PythonLayerHandlerField,
    PythonLayerInterpreterField,
    PythonLayerSourcesField,
)
from plinth.layers.util_rules.clash import LayerFits, LayerFitsRequest
from plinth.layers.util_rules.content import LayerContent, LayerContentRequest
from plinth.layers.util_rules.handler import HandlerModule, HandlerRequest
from plinth.layers.util_rules.handler import rules as handler_rules
from plinth.layers.util_rules.runtime import LayerRuntime
from plinth.layers.util_rules.third_party import (
    THIRD_PARTY_TAR,
    ThirdParty,
    ThirdPartyRequest,
)

logger = logging.getLogger(__name__)

_FIRST_PARTY_TAR = "first_party.tar"
_JOINED_TAR = "joined.tar"


class GeneratePythonLayerRequest(GenerateSourcesRequest):
    input = PythonLayerSourcesField
    output = FileSourceField


@dataclass(frozen=True)
class FirstPartyRequest(EngineAwareParameter):
    """The first-party files of a `python_layer` target."""

    target: Target

    def debug_hint(self) -> str:
        return self.target.address.spec


@dataclass(frozen=True)
class FirstParty:
    """A layer's own files, compiled: the file `first_party.tar` in `digest`."""

    digest: Digest


@rule(desc="Packing a layer's own files", level=LogLevel.DEBUG)
async def first_party(request: FirstPartyRequest) -> FirstParty:
    """The first-party half of a layer, and the check of its handler."""
    target = request.target
    content, runtime, checked = await MultiGet(
        Get(LayerContent, LayerContentRequest(target)),
        Get(LayerRuntime, PythonLayerInterpreterField, target[PythonLayerInterpreterField]),
        Get(HandlerModule, HandlerRequest(target)),
    )
    entries = tree_entries(content)
    tree = await Get(Digest, CreateDigest((*entries, *checked.files)))
    executables = (entry.path for entry in entries if entry.is_executable)
    process = await Get(
        Process,
        BuilderProcess(
            module=pack.__name__,
            argv=(
                *("--tar", _FIRST_PARTY_TAR),
                *(f"--executable={posixpath.relpath(path, pack.TREE)}" for path in executables),
                *checked.argv,
                *runtime.argv,
            ),
            input_digest=tree,
            immutable_inputs=runtime.folders,
            output_files=(_FIRST_PARTY_TAR,),
            description=(
                f"Packing {pluralize(len(content.first_party), 'file')} for {content.address}"
            ),
        ),
    )
    result = await Get(FallibleProcessResult, Process, process)
    if result.exit_code:
        said = result.stderr.decode(errors="replace").strip()
        raise LayerError(f"{checked.where or content.address}: {said}")
    report = Report.from_json(result.stdout)
    if report.left_out and checked.where:
        raise LayerError(f"{content.address}: Python cannot compile {'; '.join(report.left_out)}")
    for line in (*report.left_out, *filter(None, [report.warning])):
        logger.warning(f"{content.address}: {line}")
    return FirstParty(result.output_digest)


def tree_entries(content: LayerContent) -> list[FileEntry]:
    """The layer's own files where `plinth.layers.pack` wants them: `tree/` is the image's `/`."""
    return [
        FileEntry(
            f"tree{content.path}/{file.path}",
            FileDigest(file.fingerprint, file.size),
            file.executable,
        )
        for file in content.first_party
    ]


async def _join(address: Address, own: Digest, packages: Digest) -> Digest:
    process = await Get(
        Process,
        BuilderProcess(
            module=join.__name__,
            argv=(_FIRST_PARTY_TAR, THIRD_PARTY_TAR, _JOINED_TAR),
            input_digest=await Get(Digest, MergeDigests((own, packages))),
            output_files=(_JOINED_TAR,),
            description=f"Joining the parts of {address}",
        ),
    )
    return (await Get(ProcessResult, Process, process)).output_digest


async def _tar(target: Target, content: LayerContent) -> Digest:
    """A digest with one tar: of the files, of the packages, or of both."""
    if content.first_party and content.distributions:
        own, packages = await MultiGet(
            Get(FirstParty, FirstPartyRequest(target)), Get(ThirdParty, ThirdPartyRequest(target))
        )
        return await _join(content.address, own.digest, packages.digest)
    if content.first_party:
        return (await Get(FirstParty, FirstPartyRequest(target))).digest
    if content.distributions:
        return (await Get(ThirdParty, ThirdPartyRequest(target))).digest
    # Docker takes a tar without entries for a plain file, and would copy it.
    empty = io.BytesIO()
    write_tar(with_parents([Entry(normalise(content.path), DIRECTORY, 0o755)]), empty)
    return await Get(Digest, CreateDigest([FileContent("empty.tar", empty.getvalue())]))


@rule(desc="Making a layer", level=LogLevel.DEBUG)
async def make_layer(request: GeneratePythonLayerRequest, as_read: CodeAsRead) -> GeneratedSources:
    """A `python_layer` as one tar."""
    target = request.protocol_target
    content, _ = await MultiGet(
        Get(LayerContent, LayerContentRequest(target)), Get(LayerFits, LayerFitsRequest(target))
    )
    if target[PythonLayerHandlerField].value:
        # It is checked where the layer's files are packed, also when the base has its module.
        await Get(FirstParty, FirstPartyRequest(target))
    path = os.path.join(content.address.spec_path, f"{content.address.target_name}.tar")
    digest = await _tar(target, content)
    (tar,) = (
        entry
        for entry in await Get(DigestEntries, Digest, digest)
        if isinstance(entry, FileEntry) and entry.path.endswith(".tar")
    )
    renamed = CreateDigest([FileEntry(path, tar.file_digest)])
    return GeneratedSources(await Get(Snapshot, CreateDigest, renamed))


def rules() -> Iterable[Rule | UnionRule]:
    return [
        *collect_rules(),
        *code_rules(),
        *handler_rules(),
        UnionRule(GenerateSourcesRequest, GeneratePythonLayerRequest),
    ]
