"""Which modules each Python target imports by name, also those that nobody provides."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pants.backend.python.dependency_inference.default_module_mapping import DEFAULT_MODULE_MAPPING
from pants.backend.python.dependency_inference.parse_python_dependencies import (
    ParsedPythonDependencies,
    ParsePythonDependenciesRequest,
)
from pants.backend.python.dependency_inference.subsystem import PythonInferSubsystem
from pants.backend.python.subsystems.setup import PythonSetup
from pants.backend.python.target_types import InterpreterConstraintsField, PythonSourceField
from pants.backend.python.util_rules.interpreter_constraints import InterpreterConstraints
from pants.engine.fs import CreateDigest, Digest, FileContent
from pants.engine.internals.native_dep_inference import NativeParsedPythonDependencies
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.target import AllTargets
from pants.engine.unions import UnionRule
from pants.util.frozendict import FrozenDict
from pants.util.logging import LogLevel

from plinth.lockfile.distribution import normalise


@dataclass(frozen=True)
class AllImports:
    """By address, the modules that a target's file names."""

    by_target: FrozenDict[str, tuple[str, ...]]


async def importing_otherwise(edited: Iterable[tuple[bytes, bytes]]) -> frozenset[int]:
    """The places of those that inference makes other dependencies of after the edit than before."""
    pairs = tuple(edited)
    infer = await Get(PythonInferSubsystem)
    digests = await MultiGet(
        Get(Digest, CreateDigest([FileContent("module.py", text)]))
        for pair in pairs
        for text in pair
    )
    parsed = await MultiGet(
        Get(NativeParsedPythonDependencies, Digest, digest) for digest in digests
    )
    with_strings = bool(infer.string_imports or infer.assets)
    meant = [_meaning(each, with_strings) for each in parsed]
    return frozenset(
        place for place, pair in enumerate(zip(meant[::2], meant[1::2])) if pair[0] != pair[1]
    )


def _meaning(parsed: NativeParsedPythonDependencies, with_strings: bool) -> tuple[object, ...]:
    """What inference makes dependencies of. On which line it stands is for error messages."""
    imports = sorted((module, weak) for module, (_, weak) in parsed.imports.items())
    return (*imports, *(sorted(parsed.string_candidates) if with_strings else ()))


def modules_of(project: str) -> tuple[str, ...]:
    """The modules that Pants takes a project to provide, where no target says otherwise."""
    name = normalise(project)
    return (*DEFAULT_MODULE_MAPPING.get(name, ()), name.replace("-", "_"))


@rule(desc="Reading all imports", level=LogLevel.DEBUG)
async def all_imports(targets: AllTargets, python: PythonSetup) -> AllImports:
    sources = [target for target in targets if target.has_field(PythonSourceField)]
    parsed = await MultiGet(
        Get(
            ParsedPythonDependencies,
            # The same request that Pants' inference makes, so that it is answered already.
            ParsePythonDependenciesRequest(
                target[PythonSourceField],
                InterpreterConstraints.create_from_compatibility_fields(
                    [target[InterpreterConstraintsField]], python
                ),
            ),
        )
        for target in sources
    )
    return AllImports(
        FrozenDict(
            {
                target.address.spec: tuple(sorted(found.imports))
                for target, found in zip(sources, parsed)
            }
        )
    )


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
