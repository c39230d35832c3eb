from __future__ import annotations

from dataclasses import dataclass

import pytest
from pants.backend.docker.target_types import DockerImageTarget
from pants.core.goals.run import RunFieldSet, RunInSandboxBehavior, RunRequest
from pants.engine.addresses import Address
from pants.engine.fs import CreateDigest, Digest, FileContent, Snapshot
from pants.engine.internals.scheduler import ExecutionError
from pants.engine.rules import Get, QueryRule, collect_rules, rule
from pants.engine.target import StringField, Target

from plinth.images.goals import run
from plinth.images.goals.run import ImageRunFieldSet
from plinth.images.target_types import RunWithField
from plinth.images.testing.repository import Repository
from plinth.images.util_rules import run_with


class ProgramField(StringField):
    alias = "program"


class ProgramTarget(Target):
    alias = "program"
    core_fields = (ProgramField,)


@dataclass(frozen=True)
class ProgramFieldSet(RunFieldSet):
    required_fields = (ProgramField,)
    run_in_sandbox_behavior = RunInSandboxBehavior.NOT_SUPPORTED


@rule
async def run_program(field_set: ProgramFieldSet) -> RunRequest:
    digest = await Get(Digest, CreateDigest([FileContent("program", b"")]))
    return RunRequest(digest=digest, args=("{chroot}/program",), extra_env={"A": "1"})


@pytest.fixture(scope="module")
def repository() -> Repository:
    repository = Repository(
        more=[
            *run.rules(),
            *run_with.rules(),
            *collect_rules({"run_program": run_program}),
            *ProgramFieldSet.rules(),
            DockerImageTarget.register_plugin_field(RunWithField),
            QueryRule(RunRequest, [ImageRunFieldSet]),
            QueryRule(Snapshot, [Digest]),
        ],
        more_types=[ProgramTarget],
    )
    repository.reset()
    repository.write({"tools/BUILD": "program(name='emulator')\nfiles(name='none', sources=['*'])"})
    return repository


def request(repository: Repository, instructions: str, run_with: str) -> RunRequest:
    repository.write(
        {"started/BUILD": f"docker_image(name='image', instructions={instructions}, "
         f"dependencies=['src/library'], run_with={run_with!r})"}
    )  # fmt: skip
    target = repository.runner.get_target(Address("started", target_name="image"))
    return repository.runner.request(RunRequest, [ImageRunFieldSet.create(target)])


def test_the_program_gets_the_image_and_its_bases(repository: Repository) -> None:
    on_base = "['ARG BASE=base:image', 'FROM $BASE', 'ENV B=2']"
    found = request(repository, on_base, "//tools:emulator")

    assert found.args == (
        "{chroot}/program",
        *("--layout", "{chroot}/started/image"),
        *("--base-layout", "{chroot}/base/image"),
        *("--folder", "started"),
    )
    assert dict(found.extra_env) == {"A": "1"}
    files = repository.runner.request(Snapshot, [found.digest]).files
    assert {"program", "started/image/index.json", "base/image/index.json"} <= set(files)


@pytest.mark.parametrize(
    ("run_with", "says"),
    [
        ("//tools:none", "`run_with` field of started:image names //tools:none, of which 0"),
        ("//tools:nowhere", "the `run_with` field of started:image"),
    ],
)
def test_what_is_no_program_is_an_error(repository: Repository, run_with: str, says: str) -> None:
    with pytest.raises(ExecutionError, match=says):
        request(repository, "['FROM scratch', 'ENV B=2']", run_with)


def test_an_image_that_is_left_to_docker_is_an_error(repository: Repository) -> None:
    with pytest.raises(ExecutionError, match="started:image has a `run_with`") as error:
        request(repository, "['FROM host.example/base:1', 'RUN make']", "//tools:emulator")
    assert "RUN" in str(error.value)
