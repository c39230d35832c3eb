"""Runs the plugins' own byte work in Pants' sandbox, so that Pants caches it.

A program such as `plinth.oci.assemble.make_layer` is an ordinary module without a Pants import.
Here it is put into a sandbox with only what it imports of Plinth, under a Python 3.11 that has the
hash-locked packages of `[plinth-builder].lockfile`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache

from pants.backend.python.util_rules import pex
from pants.backend.python.util_rules.interpreter_constraints import InterpreterConstraints
from pants.backend.python.util_rules.pex import PexRequest, VenvPex, VenvPexProcess
from pants.backend.python.util_rules.pex_requirements import EntireLockfile, Lockfile
from pants.engine.fs import EMPTY_DIGEST, CreateDigest, Digest, FileContent, MergeDigests
from pants.engine.process import Process, ProcessCacheScope
from pants.engine.rules import Get, Rule, collect_rules, rule
from pants.engine.unions import UnionRule
from pants.option.option_types import StrListOption, StrOption
from pants.option.subsystem import Subsystem
from pants.util.frozendict import FrozenDict
from pants.util.logging import LogLevel

from plinth.archive.sources import closure, source_of
from plinth.platform import PLATFORM

# Nothing of the host's locale, time zone or hash seed may reach the bytes that a builder makes.
_HERMETIC_ENV = {"LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "0", "TZ": "UTC"}


class BuilderSubsystem(Subsystem):
    options_scope = "plinth-builder"
    help = "The Python and packages under which Plinth makes layers and images."

    lockfile = StrOption(
        default="3rdparty/tools/builder/requirements.txt",
        help="A requirements file with hashes: libdeflate, python-debian and uv.",
    )
    interpreter_constraints = StrListOption(
        default=[f"CPython=={PLATFORM.python_minor}.*"],
        help="The host's interpreter to run the builder with. It does not enter the images.",
    )


@dataclass(frozen=True)
class BuilderRequest:
    """The builder with the packages of a requirements file with hashes."""

    lockfile: str
    origin: str


@dataclass(frozen=True)
class Builder:
    """The interpreter and its packages, ready to run modules from the sandbox."""

    venv_pex: VenvPex


@dataclass(frozen=True)
class BuilderProcess:
    """A run of `python -m <module> <argv>` in the sandbox, with what it imports of Plinth.

    `immutable_inputs` are digests by the folder they stand in; no run may write there.
    `lockfile` is a requirements file with hashes, whose packages it has in place of the builder's.
    """

    module: str
    argv: tuple[str, ...]
    description: str
    input_digest: Digest = EMPTY_DIGEST
    immutable_inputs: FrozenDict[str, Digest] = FrozenDict()
    output_files: tuple[str, ...] = ()
    output_directories: tuple[str, ...] = ()
    extra_env: FrozenDict[str, str] = FrozenDict()
    append_only_caches: FrozenDict[str, str] = FrozenDict()
    cache_scope: ProcessCacheScope = ProcessCacheScope.SUCCESSFUL
    level: LogLevel = LogLevel.INFO
    lockfile: str | None = None


# The names alone: a daemon ends when a plugin's file is edited.
@cache
def _with_imports(modules: tuple[str, ...]) -> tuple[str, ...]:
    return closure(modules)


def source_files(*modules: str) -> tuple[FileContent, ...]:
    """The source files of modules and of all that they import, and an `__init__.py` per package.

    Raises `ModuleNotFoundError` when one does not exist.
    """
    contents: dict[str, bytes] = {}
    for module in _with_imports(modules):
        folders = module.split(".")[:-1]
        contents[module.replace(".", "/") + ".py"] = source_of(module)
        for end in range(1, len(folders) + 1):
            contents["/".join(folders[:end]) + "/__init__.py"] = b""
    return tuple(FileContent(path, content) for path, content in sorted(contents.items()))


@rule(desc="Preparing the layer builder", level=LogLevel.DEBUG)
async def prepare_builder(request: BuilderRequest, subsystem: BuilderSubsystem) -> Builder:
    """A virtual environment with everything that one lock names."""
    venv_pex = await Get(
        VenvPex,
        PexRequest(
            output_filename="plinth_builder.pex",
            internal_only=True,
            requirements=EntireLockfile(
                Lockfile(
                    url=request.lockfile,
                    url_description_of_origin=request.origin,
                    resolve_name=subsystem.options_scope,
                )
            ),
            interpreter_constraints=InterpreterConstraints(subsystem.interpreter_constraints),
        ),
    )
    return Builder(venv_pex)


@rule(level=LogLevel.DEBUG)
async def builder_process(request: BuilderProcess, subsystem: BuilderSubsystem) -> Process:
    """The process that runs one of our modules: with the sources that it imports, and its lock."""
    own = BuilderRequest(subsystem.lockfile, "the option `[plinth-builder].lockfile`")
    other = BuilderRequest(request.lockfile, request.description) if request.lockfile else None
    builder = await Get(Builder, BuilderRequest, other or own)
    sources = await Get(Digest, CreateDigest(source_files(request.module)))
    input_digest = await Get(Digest, MergeDigests((sources, request.input_digest)))
    process = await Get(
        Process,
        VenvPexProcess(
            builder.venv_pex,
            argv=("-m", request.module, *request.argv),
            input_digest=input_digest,
            extra_env={**_HERMETIC_ENV, **request.extra_env},
            output_files=request.output_files,
            output_directories=request.output_directories,
            append_only_caches=request.append_only_caches,
            cache_scope=request.cache_scope,
            description=request.description,
            level=request.level,
        ),
    )
    # `VenvPexProcess` has no such field.
    return replace(process, immutable_input_digests=request.immutable_inputs)


def rules() -> Iterable[Rule | UnionRule]:
    return [*collect_rules(), *pex.rules()]
