from __future__ import annotations

from collections.abc import Iterable

from pants.backend.docker.goals.tailor import rules as tailor_rules
from pants.backend.docker.target_types import DockerImageTarget
from pants.backend.docker.target_types import rules as target_types_rules
from pants.engine.rules import Rule
from pants.engine.target import Target
from pants.engine.unions import UnionRule

from plinth.images.lambda_targets import TARGET_TYPES as LAMBDA_TARGET_TYPES
from plinth.images.rules import rules as image_rules


def rules() -> Iterable[Rule | UnionRule]:
    return (*image_rules(), *tailor_rules(), *target_types_rules())


def target_types() -> Iterable[type[Target]]:
    return (DockerImageTarget, *LAMBDA_TARGET_TYPES)
