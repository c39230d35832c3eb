"""Which modules each Python target imports by name, also those that nobody provides."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pants.backend.python.dependency_inference.default_module_mapping import DEFAULT_MODULE_MAPPING
from pants.backend.python.dependency_inference.parse_python_dependencies import (
    ParsedPythonDependencies,
    ParsePythonDependenciesRequest,
)
from pants.backend.python.subsystems.setup import PythonSetup
from pants.backend.python.target_types import InterpreterConstraintsField, PythonSourceField
from pants.backend.python.util_rules.interpreter_constraints import InterpreterConstraints
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
