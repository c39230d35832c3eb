"""The rules and target types that detection asks of, for tests in a real engine."""

from __future__ import annotations

from collections.abc import Iterator

from pants.backend.docker.target_types import DockerImageTarget
from pants.backend.docker.target_types import rules as docker_target_types
from pants.backend.docker.util_rules import dependencies as docker_dependencies
from pants.backend.docker.util_rules import docker_build_args
from pants.backend.docker.util_rules import dockerfile as stock_dockerfile
from pants.backend.python import target_types_rules
from pants.backend.python.dependency_inference import rules as inference_rules
from pants.backend.python.goals import lockfile
from pants.backend.python.macros import python_requirements
from pants.backend.python.macros.python_requirements import PythonRequirementsTargetGenerator
from pants.backend.python.subsystems.pytest import PythonTestFieldSet
from pants.backend.python.target_types import (
    PythonRequirementTarget,
    PythonSourcesGeneratorTarget,
    PythonSourceTarget,
    PythonTestsGeneratorTarget,
    PythonTestTarget,
    PythonTestUtilsGeneratorTarget,
)
from pants.core.goals.test import TestFieldSet
from pants.core.target_types import (
    FilesGeneratorTarget,
    FileTarget,
    LockfilesGeneratorTarget,
    LockfileTarget,
    ResourcesGeneratorTarget,
    ResourceTarget,
    TargetGeneratorSourcesHelperTarget,
)
from pants.core.target_types import rules as core_target_types
from pants.engine.rules import Rule
from pants.engine.unions import UnionRule

from plinth.affected.util_rules import build_files, graph, imports
from plinth.debian.target_types import DebianRootTarget
from plinth.images.lambda_targets import TARGET_TYPES as LAMBDA_TARGET_TYPES
from plinth.images.target_types import RunWithField
from plinth.images.util_rules import dockerfile
from plinth.layers.target_types import PythonLayerTarget, WheelFileTarget

TARGET_TYPES = (
    DebianRootTarget,
    DockerImageTarget,
    FilesGeneratorTarget,
    FileTarget,
    LockfilesGeneratorTarget,
    LockfileTarget,
    PythonLayerTarget,
    PythonRequirementsTargetGenerator,
    PythonRequirementTarget,
    PythonSourcesGeneratorTarget,
    PythonSourceTarget,
    PythonTestsGeneratorTarget,
    PythonTestTarget,
    PythonTestUtilsGeneratorTarget,
    ResourcesGeneratorTarget,
    ResourceTarget,
    TargetGeneratorSourcesHelperTarget,
    WheelFileTarget,
    *LAMBDA_TARGET_TYPES,
)


def rules() -> Iterator[Rule | UnionRule]:
    for module in (
        build_files,
        docker_build_args,
        docker_dependencies,
        dockerfile,
        graph,
        imports,
        inference_rules,
        lockfile,
        python_requirements,
        stock_dockerfile,
        target_types_rules,
    ):
        yield from module.rules()
    yield from (*core_target_types(), *docker_target_types())
    yield UnionRule(TestFieldSet, PythonTestFieldSet)
    yield DockerImageTarget.register_plugin_field(RunWithField)
