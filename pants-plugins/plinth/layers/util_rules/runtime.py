"""The image's own interpreter, as the sandbox needs it to compile `.pyc`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pants.engine.addresses import Addresses, UnparsedAddressInputs
from pants.engine.fs import Digest, RemovePrefix
from pants.engine.process import Process, ProcessResult
from pants.engine.rules import Get, Rule, collect_rules, rule
from pants.engine.target import Targets
from pants.engine.unions import UnionRule
from pants.util.frozendict import FrozenDict
from pants.util.logging import LogLevel

from plinth.archive.util_rules.builder import BuilderProcess
from plinth.debian.util_rules.root import DebianRoot, DebianRootRequest
from plinth.layers import runtime
from plinth.layers.target_types import PythonLayerInterpreterField

_FOLDER = "runtime"


@dataclass(frozen=True)
class LayerRuntime:
    """A folder with the interpreter; none for the host's.

    The folder is an immutable input: Pants puts it on the disk once, and not in every sandbox.
    """

    folders: FrozenDict[str, Digest] = FrozenDict()

    @property
    def argv(self) -> tuple[str, ...]:
        """The arguments that name it."""
        return tuple(word for folder in self.folders for word in ("--runtime", folder))


@rule(desc="Preparing the image's own Python", level=LogLevel.DEBUG)
async def runtime_of_layer(field: PythonLayerInterpreterField) -> LayerRuntime:
    """The image's own Python, by which a layer's files are compiled; none where none is named."""
    if not field.value:
        return LayerRuntime()
    addresses = await Get(Addresses, UnparsedAddressInputs, field.to_unparsed_address_inputs())
    (target,) = await Get(Targets, Addresses, addresses)
    root = await Get(DebianRoot, DebianRootRequest(target))
    process = await Get(
        Process,
        BuilderProcess(
            module=runtime.__name__,
            argv=(root.path, _FOLDER),
            input_digest=root.digest,
            output_directories=(_FOLDER,),
            description=f"Taking Python out of {target.address}",
            level=LogLevel.DEBUG,
        ),
    )
    result = await Get(ProcessResult, Process, process)
    folder = await Get(Digest, RemovePrefix(result.output_digest, _FOLDER))
    return LayerRuntime(FrozenDict({_FOLDER: folder}))


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
