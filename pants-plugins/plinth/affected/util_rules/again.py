"""A document in which only those targets are asked about again that an edit may reach.

After edits of BUILD files and of imports that let every target provide what it did, the others
find the same targets by the same names. Those that are edited, and all that need them, are asked
about by the rules that make a fresh document.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pants.backend.docker.target_types import DockerImageInstructionsField
from pants.backend.python.subsystems.setup import PythonSetup
from pants.backend.python.target_types import PythonTestsExtraEnvVarsField, PythonTestsTimeoutField
from pants.core.goals.test import RuntimePackageDependenciesField
from pants.engine.rules import Get
from pants.engine.target import (
    AllUnexpandedTargets,
    Dependencies,
    DescriptionField,
    Field,
    Tags,
    Target,
)

from plinth.affected.update import CannotUpdate, Shape
from plinth.affected.util_rules.document import (
    FreshDocument,
    FreshDocumentRequest,
    meanings_of,
    with_container_tests,
)
from plinth.affected.util_rules.entries import Entries, EntriesRequest
from plinth.affected.util_rules.of_tests import EVERY_TEST, given_whole_locks
from plinth.archive.util_rules.builder import BuilderSubsystem
from plinth.fingerprint.document import Document

# They speak of their own target, and no other is found or named by them. Of a field that is not
# among them, a fresh document is certain.
_OF_ITS_OWN = (
    Dependencies,
    DescriptionField,
    DockerImageInstructionsField,
    PythonTestsExtraEnvVarsField,
    PythonTestsTimeoutField,
    RuntimePackageDependenciesField,
    Tags,
)
# Of as large a part of all targets, a fresh document is as fast.
_PART = 0.3


async def asked_again(
    request: FreshDocumentRequest,
    document: Document,
    shape: Shape,
    before: Mapping[str, Target],
    edited: Iterable[str],
) -> FreshDocument:
    """What a fresh look gives after edits of these files. Raises `CannotUpdate`.

    Each file is a BUILD file, or one of which bytes and imports are all that it means; `before`
    are the targets that there were.
    """
    found = await Get(AllUnexpandedTargets)
    targets = {target.address.spec: target for target in found}
    specs = {spec for path in edited for spec in shape.givers.get(path, ())}
    specs = document.with_dependents(specs | redeclared(before, targets))
    if len(specs) > _PART * len(targets):
        raise CannotUpdate("the edit reaches a large part of all targets")
    python, builder = await Get(PythonSetup), await Get(BuilderSubsystem)
    asked = await Get(Entries, EntriesRequest(frozenset(specs)))
    others = Document({**document.entries, **asked.entries})
    common = document.entries[EVERY_TEST].given
    return FreshDocument(
        with_container_tests(await given_whole_locks(others, asked.resolves, python)),
        meanings_of(found, python, builder.lockfile, request, common),
        targets,
    )


def redeclared(before: Mapping[str, Target], after: Mapping[str, Target]) -> set[str]:
    """The targets that BUILD files declare otherwise than before. Raises `CannotUpdate`."""
    if before.keys() != after.keys():
        raise CannotUpdate("targets are new or gone")
    found = {spec for spec, target in after.items() if target != before[spec]}
    for spec in found:
        for field in _differing(before[spec], after[spec]):
            if not issubclass(field, _OF_ITS_OWN):
                raise CannotUpdate(f"others may find {spec} by its {field.alias}")
    return found


def _differing(old: Target, new: Target) -> list[type[Field]]:
    if type(old) is not type(new) or old.field_values.keys() != new.field_values.keys():
        raise CannotUpdate(f"{new.address} is another type of target")
    return [field for field, value in new.field_values.items() if value != old.field_values[field]]
