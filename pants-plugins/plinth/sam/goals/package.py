"""`./pants package`: the template of an application, for AWS and for this machine.

`template.local.yaml` has plain names of images, for `make api` and for looking at. With the record
of a release (`--sam-record`) there is `template.yaml` too, which has them by digest: that is what
is deployed.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from pants.core.goals.package import (
    BuiltPackage,
    BuiltPackageArtifact,
    OutputPathField,
    PackageFieldSet,
)
from pants.engine.fs import CreateDigest, Digest, FileContent
from pants.engine.rules import Get, Rule, collect_rules, rule
from pants.engine.unions import UnionRule

from plinth.code.rules import CodeAsRead
from plinth.code.rules import rules as code_rules
from plinth.sam.application import Application, Function
from plinth.sam.released import image_uri, released
from plinth.sam.subsystem import SamSubsystem
from plinth.sam.target_types import SamDependenciesField, SamStageField
from plinth.sam.template import dump, template
from plinth.sam.util_rules.application import ApplicationRequest, DescribedApplication
from plinth.sam.util_rules.record import ReleaseOf, ReleaseOfRequest

logger = logging.getLogger(__name__)

LOCAL, RELEASED, OPENAPI = "template.local.yaml", "template.yaml", "openapi.json"


@dataclass(frozen=True)
class SamPackageFieldSet(PackageFieldSet):
    """What packaging an application needs of its target."""

    required_fields = (SamDependenciesField, SamStageField)

    output_path: OutputPathField


@rule(desc="Writing the template of an application")
async def package_application(
    field_set: SamPackageFieldSet, subsystem: SamSubsystem, as_read: CodeAsRead
) -> BuiltPackage:
    """The application's templates, and its OpenAPI document."""
    described = await Get(DescribedApplication, ApplicationRequest(field_set.address))
    application = described.application
    files = {LOCAL: dump(template(application, local_image, {"Release": "none"}, registry=False))}
    if described.openapi is not None:
        files[OPENAPI] = described.openapi
    if subsystem.record:
        found = await Get(ReleaseOf, ReleaseOfRequest(application, subsystem.record))
        release = found.release
        images = released(application, release)
        of = {"Release": release.id, "Commit": release.commit}
        made = template(application, lambda f: image_uri(images[f.image]), of, registry=True)
        files[RELEASED] = dump(made)
    folder = PurePath(field_set.output_path.value_or_default(file_ending=None))
    digest = await Get(
        Digest,
        CreateDigest(FileContent(str(folder / name), text) for name, text in files.items()),
    )
    return BuiltPackage(digest, (_artifact(application, str(folder), files),))


def local_image(function: Function) -> str:
    """What the function's image is called on this machine; nothing of that name is published."""
    return f"plinth-local/{function.name}:latest"


def _artifact(
    application: Application, folder: str, files: Mapping[str, Any]
) -> BuiltPackageArtifact:
    routes = sum(len(function.routes) for function in application.functions)
    lines = [
        f"  {len(application.functions)} functions, {routes} routes: {', '.join(sorted(files))}"
    ]
    if RELEASED not in files:
        lines.append(
            f"  no {RELEASED}: name a release's record, `--sam-record=dist/release/ID.json`"
        )
    return BuiltPackageArtifact(folder, extra_log_lines=tuple(lines))


def rules() -> Iterable[Rule | UnionRule]:
    return [*collect_rules(), *code_rules(), UnionRule(PackageFieldSet, SamPackageFieldSet)]
