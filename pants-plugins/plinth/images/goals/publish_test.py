from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from pants.core.goals.package import PackageSubsystem
from pants.core.goals.publish import PublishPackages, PublishProcesses, PublishSubsystem
from pants.core.util_rules import distdir, system_binaries
from pants.engine.internals.session import RunId
from pants.engine.process import FallibleProcessResult, Process, ProcessCacheScope
from pants.engine.rules import Get, QueryRule, Rule, collect_rules, rule
from pants.engine.streaming_workunit_handler import WorkunitsCallbackFactories
from pants.engine.unions import UnionRule
from pants.util.frozendict import FrozenDict
from pants.vcs import changed, git

from plinth.git.rules import rules as git_rules
from plinth.git.tree import Difference
from plinth.git.util_rules.commit import Commit, CommitRequest
from plinth.images.goals import publish
from plinth.images.goals.publish import PublishImageFieldSet, PublishImageRequest
from plinth.images.testing.repository import DOCKER_S_ID, Repository, _address
from plinth.images.util_rules import command_line, publication, publish_report
from plinth.images.util_rules.image import ImageAssembly, ImageRequest
from plinth.images.util_rules.publication import Vouched, VouchedRequest
from plinth.images.util_rules.tested import (
    ContainerTests,
    ContainerTestsRequest,
    TestedImage,
    TestedImageRequest,
    identify_image,
)
from plinth.images.util_rules.unit_tests import UnitTested, UnitTestedRequest
from plinth.oci.testing.fake_registry import FakeRegistry
from plinth.oci.testing.publish_faults import NONSENSE, Failure

APP, BASE = "lambdas/app:image", "base:image"

PASSES: dict[str, bool] = {}
"""The images that have tests, and whether they pass."""


@rule
async def pretend_tests(request: ContainerTestsRequest, run_id: RunId) -> ContainerTests:
    return ContainerTests(FrozenDict({_address(spec): () for spec in PASSES}))


@rule
async def pretend_to_test(request: TestedImageRequest, run_id: RunId) -> TestedImage:
    assembly = await Get(ImageAssembly, ImageRequest(request.address))
    digest = assembly.image.digest if assembly.image else DOCKER_S_ID
    spec = request.address.spec
    passed = PASSES.get(spec, False)
    problem = "" if passed else "its test failed" if spec in PASSES else "no test is of it"
    return TestedImage(passed, digest, "", (), problem)


UNIT_PROBLEMS: dict[str, str] = {}
"""What is wrong with the unit tests of an image's own code."""


@rule
async def pretend_to_unit_test(request: UnitTestedRequest, run_id: RunId) -> UnitTested:
    return UnitTested((), UNIT_PROBLEMS.get(request.address.spec, ""))


def rules() -> Iterator[Rule | UnionRule | QueryRule]:
    modules = (changed, command_line, distdir, git, publication, publish, publish_report)
    for module in (*modules, system_binaries):
        yield from module.rules()
    # Without them Pants takes the names of these goals for those of folders.
    yield from (*PackageSubsystem.rules(), *PublishSubsystem.rules())
    yield from git_rules()
    yield from collect_rules({"a": pretend_tests, "b": pretend_to_test, "c": identify_image})
    yield from collect_rules({"d": pretend_to_unit_test})
    yield QueryRule(Commit, [CommitRequest])
    yield QueryRule(Vouched, [VouchedRequest])
    yield QueryRule(PublishProcesses, [PublishImageRequest])
    yield QueryRule(FallibleProcessResult, [Process])


@pytest.fixture(scope="module")
def shared() -> Repository:
    return Repository(more=rules())


@pytest.fixture
def repository(shared: Repository) -> Repository:
    shared.reset()
    PASSES.clear()
    UNIT_PROBLEMS.clear()
    return shared


@pytest.fixture
def server() -> Iterator[FakeRegistry]:
    with FakeRegistry() as server:
        yield server


@dataclass(frozen=True)
class Run:
    """What Pants' goal is told for the images of a command, and what comes of doing it."""

    packages: tuple[PublishPackages, ...]
    exit_codes: tuple[int, ...]

    @property
    def told(self) -> list[tuple[tuple[str, ...], str | None]]:
        return [(each.names, each.description) for each in self.packages]


def run(repository: Repository, host: str | None, *args: str) -> Run:
    """As `./pants publish` with these arguments does, but for its output."""
    runner = repository.runner
    registries = {"there": {"address": host, "default": True}} if host else {}
    names = ["--docker-default-repository={directory}", f"--docker-registries={registries}"]
    repository.options(*names, "publish", *args)
    packages: list[PublishPackages] = []
    for spec in sorted(each for each in args if not each.startswith("-")):
        field_set = PublishImageFieldSet.create(runner.get_target(_address(spec)))
        request = PublishImageRequest(field_set=field_set, packages=())
        packages += runner.request(PublishProcesses, [request])
    # An `InteractiveProcess` has no scope: it runs whenever it is asked for.
    processes = [
        replace(each.process.process, cache_scope=ProcessCacheScope.PER_SESSION)
        for each in packages
        if each.process
    ]
    results = [runner.request(FallibleProcessResult, [process]) for process in processes]
    return Run(tuple(packages), tuple(result.exit_code for result in results))


def report(repository: Repository) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(repository.path("dist/publish.json").read_text())
    return {each["name"]: each for each in found["images"]}


UNTESTED = "--image-publish-untested"


def test_all_images_of_a_command_go_together_in_order(
    repository: Repository, server: FakeRegistry
) -> None:
    found = run(repository, server.host, UNTESTED, APP, BASE)
    assert found.exit_codes == (0,)
    assert [names for names, _ in found.told] == [("2 images",)]
    made = report(repository)
    assert [(name, each["status"]) for name, each in made.items()] == [
        ("base", "pushed"),
        ("app", "pushed"),
    ]
    for name, spec in (("base", BASE), ("app", APP)):
        tag = f"fp-{repository.fingerprint(spec).value}"
        assert made[name]["tag"] == tag
        assert made[name]["digest"] == repository.digest(spec)
        assert server.manifests[name, tag] == server.manifests[name, repository.digest(spec)]
        assert server.manifests[name, "latest"] == server.manifests[name, tag]
    changes = [each for each in server.asked if each.startswith("P")]
    first = next(number for number, each in enumerate(changes) if "/app/" in each)
    assert first
    assert not any("/base/" in each for each in changes[first:])


def test_a_second_publish_sends_nothing(repository: Repository, server: FakeRegistry) -> None:
    run(repository, server.host, UNTESTED, APP, BASE)
    del server.requests[:]
    assert run(repository, server.host, UNTESTED, APP, BASE).exit_codes == (0,)
    assert {each["status"] for each in report(repository).values()} == {"skipped"}
    assert {request.method for request in server.requests} <= {"GET", "HEAD"}


def test_what_was_lost_is_sent_again(repository: Repository, server: FakeRegistry) -> None:
    run(repository, server.host, UNTESTED, APP, BASE)
    lost = next(digest for path, digest in server.blobs if path == "base")
    for key in [key for key in server.blobs if key[1] == lost]:
        del server.blobs[key]
    assert run(repository, server.host, UNTESTED, APP, BASE).exit_codes == (0,)
    made = report(repository)
    assert (made["base"]["status"], made["base"]["uploaded"]) == ("pushed", [lost])
    assert ("base", lost) in server.blobs


@pytest.mark.parametrize("failure", NONSENSE)
def test_nonsense_is_the_failure_of_one_image(
    repository: Repository, server: FakeRegistry, failure: Failure
) -> None:
    run(repository, server.host, UNTESTED, BASE)
    server.intercept = lambda request: failure(server, request) if "/app/" in request.path else None
    assert run(repository, server.host, UNTESTED, APP, BASE).exit_codes == (1,)
    made = report(repository)
    assert (made["base"]["status"], made["app"]["status"]) == ("skipped", "failed")


@pytest.mark.parametrize(("goal", "stays"), [("publish", False), ("package", True)])
def test_a_command_that_fails_before_it_publishes_leaves_no_report_of_an_earlier_one(
    repository: Repository, server: FakeRegistry, goal: str, stays: bool
) -> None:
    run(repository, server.host, UNTESTED, BASE)
    runner = repository.runner
    repository.options(goal, "::")
    # As Pants does in each command before it reads a BUILD file.
    asked = runner.request(WorkunitsCallbackFactories, [runner.union_membership])
    assert [each.callback_factory() for each in asked] == [None]
    assert repository.path("dist/publish.json").exists() is stays


def test_a_lambda_alone_needs_its_base_there(repository: Repository, server: FakeRegistry) -> None:
    found = run(repository, server.host, UNTESTED, APP)
    assert found.exit_codes == (1,)
    assert "is not published" in report(repository)["app"]["why"]
    run(repository, server.host, UNTESTED, BASE)
    assert run(repository, server.host, UNTESTED, APP).exit_codes == (0,)


def test_an_image_that_is_not_tested_is_refused(
    repository: Repository, server: FakeRegistry
) -> None:
    PASSES.update({APP: False})
    assert run(repository, server.host, APP, BASE).exit_codes == (1,)
    made = report(repository)
    assert (made["base"]["status"], made["app"]["status"]) == ("refused", "not tried")
    assert made["base"]["why"].startswith("not tested: no test is of it")
    assert "--image-publish-untested" in made["base"]["why"]
    assert not server.manifests


def test_a_base_is_tested_by_the_tests_of_what_stands_on_it(
    repository: Repository, server: FakeRegistry
) -> None:
    PASSES.update({APP: True})
    assert run(repository, server.host, APP, BASE).exit_codes == (0,)
    assert {each["status"] for each in report(repository).values()} == {"pushed"}


def test_a_base_is_not_tested_while_the_unit_tests_of_its_library_fail(
    repository: Repository, server: FakeRegistry
) -> None:
    PASSES.update({APP: True})
    UNIT_PROBLEMS.update({BASE: "src/library/names_test.py failed"})
    assert run(repository, server.host, APP, BASE).exit_codes == (1,)
    made = report(repository)
    assert (made["base"]["status"], made["app"]["status"]) == ("refused", "not tried")
    assert made["base"]["why"].startswith("not tested: src/library/names_test.py failed")
    assert not server.manifests


def test_a_base_s_own_tests_decide_on_it(repository: Repository) -> None:
    PASSES.update({APP: True, BASE: False})
    found = repository.runner.request(Vouched, [VouchedRequest(_address(BASE))])
    assert found.problem == "its test failed"


def test_an_image_with_skip_push_stays(repository: Repository, server: FakeRegistry) -> None:
    repository.edit("base/BUILD", 'name="image",', 'name="image",\n    skip_push=True,')
    found = run(repository, server.host, UNTESTED, APP, BASE)
    assert found.exit_codes == (1,)
    assert (("base:image",), "(by `skip_push` on base:image)") in found.told
    why = report(repository)["app"]["why"]
    assert why == f"its base base goes to no repository of {server.host}"
    assert not server.manifests


def test_without_a_registry_nothing_is_published(repository: Repository) -> None:
    found = run(repository, None, BASE)
    assert found.exit_codes == ()
    assert found.told == [
        (("base:image",), "(no registry: see `[docker.registries]` in pants.toml)")
    ]


def test_an_image_that_docker_built_goes_the_same_way(
    repository: Repository, server: FakeRegistry
) -> None:
    assert run(repository, server.host, "other:docker").exit_codes == (1,)
    (made,) = report(repository).values()
    assert made["status"] == "refused"
    assert made["why"].startswith("not tested: no test is of it")
    assert made["tag"] == f"fp-{repository.fingerprint('other:docker').value}"


def test_nothing_of_an_uncommitted_tree_leaves_this_machine(
    repository: Repository, server: FakeRegistry
) -> None:
    # The name resolves to nothing, and is not asked for either: git comes first.
    def commit_here() -> Commit:
        return repository.runner.request(Commit, [CommitRequest("main")])

    repository.start_git()
    # The tests' own options are on the command line.
    assert replace(commit_here(), options=()).objection is None
    assert commit_here().is_on_main

    repository.write({"lambdas/app/handler.py": "import boto3\n"})
    repository.options()
    dirty = commit_here()
    assert dirty.differences == (Difference("lambdas/app/handler.py", "other bytes"),)
    assert dirty.objection is not None
    assert "lambdas/app/handler.py" in dirty.objection

    repository.git("checkout", "--quiet", "-b", "other")
    repository.commit("two")
    repository.options()
    other = replace(commit_here(), options=())
    assert other.objection == f"commit {other.id[:12]} is not on main. Merge it first, or fetch."


def test_the_image_that_is_published_is_the_one_that_was_assembled(
    repository: Repository, server: FakeRegistry
) -> None:
    run(repository, server.host, UNTESTED, BASE)
    image = repository.runner.request(ImageAssembly, [ImageRequest(_address(BASE))]).image
    assert image is not None
    assert ("base", image.digest) in server.manifests
