"""Dependencies that a Dockerfile implies: the same as Pants' stock rule finds."""

from __future__ import annotations

import pytest
from pants.backend.docker.goals.package_image import DockerPackageFieldSet
from pants.backend.docker.target_types import DockerImageTarget
from pants.backend.docker.util_rules import dependencies as stock
from pants.backend.docker.util_rules import docker_build_args
from pants.backend.docker.util_rules import dockerfile as stock_dockerfile
from pants.core.goals import package as core_package
from pants.core.goals.package import BuiltPackage, PackageFieldSet
from pants.core.target_types import ArchiveTarget, FilesGeneratorTarget
from pants.core.target_types import rules as core_target_types
from pants.core.util_rules import archive, source_files
from pants.engine.addresses import Address
from pants.engine.fs import EMPTY_DIGEST
from pants.engine.rules import QueryRule, collect_rules, rule
from pants.engine.target import InferredDependencies
from pants.engine.unions import UnionRule
from pants.testutil.rule_runner import RuleRunner

from plinth.images.util_rules import dockerfile, inference

BUILD = """\
files(name="texts", sources=["*.txt"])
archive(name="packed", format="zip", files=[":texts"])
archive(name="named", format="zip", files=[":texts"], output_path="elsewhere/name.bin")
docker_image(name="base", instructions=["FROM scratch"])
docker_image(name="plain", instructions=["FROM scratch", "COPY a.txt /"])
docker_image(name="on_base", instructions=["ARG BASE=:base", "FROM $BASE"])
docker_image(name="on_image", instructions=["ARG BASE=debian", "FROM $BASE"])
docker_image(
    name="told",
    instructions=["ARG BASE=//a:plain", "FROM $BASE"],
    extra_build_args=["BASE=//a:base"],
)
docker_image(name="packs", instructions=["FROM scratch", "COPY a/packed.zip a.txt /"])
docker_image(name="packs_named", instructions=["FROM scratch", "COPY elsewhere/name.bin a.gz /"])
"""


@rule
async def no_image(_: DockerPackageFieldSet) -> BuiltPackage:
    """Images count as packageable; none is packaged here."""
    return BuiltPackage(EMPTY_DIGEST, ())


@pytest.fixture
def runner() -> RuleRunner:
    runner = RuleRunner(
        rules=[
            *archive.rules(),
            *collect_rules(),
            *core_package.rules(),
            *core_target_types(),
            *docker_build_args.rules(),
            *dockerfile.rules(),
            *inference.rules(),
            *source_files.rules(),
            *stock.rules(),
            *stock_dockerfile.rules(),
            UnionRule(PackageFieldSet, DockerPackageFieldSet),
            QueryRule(InferredDependencies, [stock.InferDockerDependencies]),
            QueryRule(InferredDependencies, [inference.InferDockerfileDependencies]),
        ],
        target_types=[ArchiveTarget, DockerImageTarget, FilesGeneratorTarget],
    )
    runner.write_files({"a/BUILD": BUILD, "a/a.txt": ""})
    return runner


@pytest.mark.parametrize(
    ("image", "found"),
    [
        ("plain", ()),
        ("on_base", ("base",)),
        ("on_image", ()),
        ("told", ("base",)),
        ("packs", ("packed",)),
        ("packs_named", ("named",)),
    ],
)
def test_what_the_stock_rule_finds(runner: RuleRunner, image: str, found: tuple[str, ...]) -> None:
    target = runner.get_target(Address("a", target_name=image))
    fields = stock.DockerInferenceFieldSet.create(target)
    for request in (stock.InferDockerDependencies, inference.InferDockerfileDependencies):
        inferred = runner.request(InferredDependencies, [request(fields)])
        assert {address.target_name for address in inferred.include} == set(found)
