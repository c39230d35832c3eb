"""Refuses imports that nothing provides, in place of Pants' own complaint.

Pants' advice, `# pants: no-infer-dep`, makes an image that cannot import. So its own check is off
(`[python-infer].unowned_dependency_behavior`), and this one says what to do in this repository.
"""

from __future__ import annotations

from collections.abc import Iterable

from pants.backend.python.dependency_inference.module_mapper import (
    FirstPartyPythonModuleMapping,
    PythonModuleOwners,
    PythonModuleOwnersRequest,
    ThirdPartyPythonModuleMapping,
)
from pants.backend.python.dependency_inference.parse_python_dependencies import (
    ParsedPythonDependencies,
    ParsePythonDependenciesRequest,
)
from pants.backend.python.dependency_inference.rules import (
    ImportOwnerStatus,
    PythonImportDependenciesInferenceFieldSet,
    ResolvedParsedPythonDependencies,
    ResolvedParsedPythonDependenciesRequest,
)
from pants.backend.python.subsystems.setup import PythonSetup
from pants.backend.python.target_types import PythonResolveField
from pants.backend.python.util_rules.interpreter_constraints import InterpreterConstraints
from pants.engine.addresses import Addresses
from pants.engine.fs import PathGlobs, Paths
from pants.engine.rules import Get, Rule, collect_rules, rule
from pants.engine.target import InferDependenciesRequest, InferredDependencies, Targets
from pants.engine.unions import UnionRule

from plinth.layers.errors import LayerError
from plinth.layers.unowned import Unowned, advice, complaint, names


class UnownedImportsError(LayerError):
    """The imports of a file that nothing provides, each with what to do about it."""

    def __init__(self, found: tuple[Unowned, ...], resolve: str, lock: str) -> None:
        super().__init__(complaint(found, resolve, lock))
        self.found = tuple((each, advice(each, resolve, lock)) for each in found)


class RefuseUnownedImports(InferDependenciesRequest[PythonImportDependenciesInferenceFieldSet]):
    infer_from = PythonImportDependenciesInferenceFieldSet


async def _unowned(
    path: str, line: int, module: str, resolve: str, python_setup: PythonSetup
) -> Unowned:
    files = [name.replace(".", "/") for name in names(module)]
    first_party = await Get(FirstPartyPythonModuleMapping)
    third_party = await Get(ThirdPartyPythonModuleMapping)
    holding = await Get(
        Paths, PathGlobs([f"**/{file}{end}" for file in files for end in (".py", "/__init__.py")])
    )
    owners = await Get(
        PythonModuleOwners, PythonModuleOwnersRequest(module, resolve=None, locality=None)
    )
    targets = await Get(Targets, Addresses((*owners.unambiguous, *owners.ambiguous)))
    others = {target[PythonResolveField].normalized_value(python_setup) for target in targets}
    known = (
        name
        for mapping in (first_party, third_party)
        for name in mapping.resolves_to_modules_to_providers.get(resolve, ())
    )
    return Unowned(
        path,
        line,
        module,
        known=tuple(sorted(known)),
        # What has an owner is another resolve's, and not without a target.
        files=() if targets else holding.files,
        resolves=tuple(sorted(others - {resolve})),
    )


# Pants' own rule asks for the same two things, so that nothing is parsed or looked up twice.
@rule(desc="Looking for imports that nothing provides")
async def refuse_unowned_imports(
    request: RefuseUnownedImports, python_setup: PythonSetup
) -> InferredDependencies:
    """Nothing, or `LayerError`: an import that no target provides would fail in the image only."""
    field_set = request.field_set
    constraints = InterpreterConstraints.create_from_compatibility_fields(
        [field_set.interpreter_constraints], python_setup
    )
    parsed = await Get(
        ParsedPythonDependencies, ParsePythonDependenciesRequest(field_set.source, constraints)
    )
    resolve = field_set.resolve.normalized_value(python_setup)
    resolved = await Get(
        ResolvedParsedPythonDependencies,
        ResolvedParsedPythonDependenciesRequest(field_set, parsed, resolve),
    )
    missing = [
        await _unowned(
            field_set.source.file_path,
            parsed.imports[module].lineno,
            module,
            resolve,
            python_setup,
        )
        for module, result in sorted(resolved.resolve_results.items())
        if result.status == ImportOwnerStatus.unowned
    ]
    if missing:
        lock = python_setup.resolves.get(resolve, "the lock")
        raise UnownedImportsError(tuple(missing), resolve, lock)
    return InferredDependencies(())


def rules() -> Iterable[Rule | UnionRule]:
    return [*collect_rules(), UnionRule(InferDependenciesRequest, RefuseUnownedImports)]
