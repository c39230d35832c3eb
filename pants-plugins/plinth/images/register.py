from __future__ import annotations

from pants.backend.docker.goals.tailor import rules as tailor_rules
from pants.backend.docker.target_types import DockerImageTarget
from pants.backend.docker.target_types import rules as target_types_rules

from plinth.images.rules import rules as image_rules


def rules():
    return (*image_rules(), *tailor_rules(), *target_types_rules())


def target_types():
    return (DockerImageTarget,)
