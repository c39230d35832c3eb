from __future__ import annotations

from collections.abc import Iterable

from pants.backend.docker.goals import package_image as stock_package
from pants.backend.docker.goals import run_image as stock_run
from pants.backend.docker.target_types import DockerImageTarget
from pants.backend.docker.util_rules import (
    docker_binary,
    docker_build_args,
    docker_build_context,
    docker_build_env,
)
from pants.backend.docker.util_rules import dockerfile as stock_dockerfile
from pants.engine.rules import Rule
from pants.engine.unions import UnionRule

from plinth.archive.util_rules import builder
from plinth.debian.rules import rules as debian_rules
from plinth.git.rules import rules as git_rules
from plinth.images.goals import fingerprint as fingerprint_goal
from plinth.images.goals import invoke, package, publish, run
from plinth.images.goals import tested as tested_goal
from plinth.images.target_types import RunWithField
from plinth.images.util_rules import (
    assembler,
    base,
    command_line,
    context,
    context_parts,
    dockerfile,
    fingerprint,
    image,
    inference,
    layer,
    outline,
    plan,
    publication,
    publish_report,
    run_with,
    tested,
    transfer,
)
from plinth.layers.rules import rules as layer_rules


def rules() -> Iterable[Rule | UnionRule]:
    return [
        *assembler.rules(),
        *base.rules(),
        *builder.rules(),
        *command_line.rules(),
        *context.rules(),
        *context_parts.rules(),
        *debian_rules(),
        *docker_binary.rules(),
        *docker_build_args.rules(),
        *docker_build_context.rules(),
        *docker_build_env.rules(),
        *dockerfile.rules(),
        *fingerprint.rules(),
        *fingerprint_goal.rules(),
        *git_rules(),
        *image.rules(),
        *inference.rules(),
        *invoke.rules(),
        *layer.rules(),
        *layer_rules(),
        *outline.rules(),
        *package.rules(),
        *plan.rules(),
        *publication.rules(),
        *publish.rules(),
        *publish_report.rules(),
        *run.rules(),
        *run_with.rules(),
        *stock_dockerfile.rules(),
        *tested.rules(),
        *tested_goal.rules(),
        *transfer.rules(),
        DockerImageTarget.register_plugin_field(RunWithField),
        *without_unions(stock_package.rules()),
        *without_unions(stock_run.rules()),
    ]


def without_unions(rules: Iterable[Rule | UnionRule]) -> list[Rule | UnionRule]:
    """Pants' stock rules for `docker_image`, to be asked for by name and not found by the goals."""
    return [rule for rule in rules if not isinstance(rule, UnionRule)]
