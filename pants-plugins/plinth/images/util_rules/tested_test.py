from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pytest
from pants.core.goals import test as core_test
from pants.core.goals.test import (
    BuildPackageDependenciesRequest,
    BuiltPackageDependencies,
    RuntimePackageDependenciesField,
    ShowOutput,
    TestFieldSet,
    TestRequest,
    TestResult,
)
from pants.core.util_rules.partitions import PartitionerType
from pants.engine.addresses import Address
from pants.engine.fs import EMPTY_FILE_DIGEST, CreateDigest, FileContent, Snapshot
from pants.engine.rules import Get, QueryRule, Rule, collect_rules, rule
from pants.engine.target import (
    COMMON_TARGET_FIELDS,
    Dependencies,
    MultipleSourcesField,
    StringField,
    Target,
)
from pants.engine.unions import UnionRule
from pants.option.option_types import SkipOption
from pants.option.subsystem import Subsystem
from pants.testutil.rule_runner import GoalRuleResult, engine_error

from plinth.images.errors import ImageError
from plinth.images.goals import tested as tested_goal
from plinth.images.goals.tested import Tested
from plinth.images.tested import TestRecord, parse_record
from plinth.images.testing.repository import DOCKER_S_ID, OPTIONS, Repository
from plinth.images.util_rules import tested
from plinth.images.util_rules.test_results import ran_any
from plinth.images.util_rules.tested import TestedImage, TestedImageRequest

APP, BASE, DOCKER = "lambdas/app:image", "base:image", "other:docker"
PASSED = b'<testsuites><testsuite tests="2" skipped="1"/></testsuites>'
SKIPPED = b'<testsuites><testsuite tests="2" skipped="2"/></testsuites>'


class OutcomeField(StringField):
    alias = "outcome"
    default = "passes"


class FakeSourcesField(MultipleSourcesField):
    """Without sources."""


class FakeTestTarget(Target):
    """Stands in for a `python_test`: its outcome stands in its BUILD file."""

    alias = "fake_test"
    core_fields = (
        *COMMON_TARGET_FIELDS,
        Dependencies,
        FakeSourcesField,
        OutcomeField,
        RuntimePackageDependenciesField,
    )


class FakeTester(Subsystem):
    options_scope = "fake-tester"
    name = "fake tester"
    help = "As a test framework."
    skip = SkipOption("test")


@dataclass(frozen=True)
class FakeTestFieldSet(TestFieldSet):
    required_fields = (OutcomeField,)

    sources: FakeSourcesField
    outcome: OutcomeField
    packages: RuntimePackageDependenciesField


class FakeTestRequest(TestRequest):
    tool_subsystem = FakeTester  # type: ignore[assignment]
    field_set_type = FakeTestFieldSet
    partitioner_type = PartitionerType.DEFAULT_ONE_PARTITION_PER_INPUT


GIVEN: list[tuple[str, tuple[str, ...]]] = []
"""The tests that ran, and the digests of the images that they were given."""


@rule
async def run_fake_test(batch: FakeTestRequest.Batch) -> TestResult:  # type: ignore[type-arg]
    field_set = batch.single_element
    packages = await Get(
        BuiltPackageDependencies, BuildPackageDependenciesRequest(field_set.packages)
    )
    images = [image.image_id for package in packages for image in package.artifacts]  # type: ignore[attr-defined]
    GIVEN.append((field_set.address.spec, tuple(images)))
    outcome = field_set.outcome.value
    xml = SKIPPED if outcome == "skips" else PASSED
    report = await Get(Snapshot, CreateDigest([FileContent("report.xml", xml)]))
    return TestResult(
        exit_code={"fails": 1, "is none": None}.get(str(outcome), 0),
        stdout="",
        stderr="",
        stdout_digest=EMPTY_FILE_DIGEST,
        stderr_digest=EMPTY_FILE_DIGEST,
        addresses=(field_set.address,),
        output_setting=ShowOutput.NONE,
        result_metadata=None,
        xml_results=report,
    )


def rules() -> Iterable[Rule | UnionRule | QueryRule]:
    return [
        *core_test.rules(),
        *FakeTestRequest.rules(),
        *tested.rules(),
        *tested_goal.rules(),
        *collect_rules({"run_fake_test": run_fake_test}),
        QueryRule(TestedImage, [TestedImageRequest]),
    ]


@pytest.fixture(scope="module")
def shared() -> Repository:
    return Repository(more=rules(), more_types=[FakeTestTarget])


@pytest.fixture
def repository(shared: Repository) -> Repository:
    GIVEN.clear()
    shared.reset()
    return shared


def write(repository: Repository, *tests: str) -> None:
    repository.write({"tests/BUILD": "\n".join(tests)})


def of(
    image: str, *bases: str, name: str = "test", outcome: str = "passes", tag: str = "container"
) -> str:
    """The text of a test target."""
    return (
        f"fake_test(name={name!r}, outcome={outcome!r}, tags=[{tag!r}], "
        f"runtime_package_dependencies={[image, *bases]!r})"
    )


def asked(repository: Repository, spec: str = APP) -> TestedImage:
    path, _, name = spec.partition(":")
    return repository.runner.request(
        TestedImage, [TestedImageRequest(Address(path, target_name=name))]
    )


def test_it_passed_on_the_digest_that_the_test_was_given(repository: Repository) -> None:
    write(repository, of(APP, BASE))
    digest = repository.digest(APP)

    assert asked(repository) == TestedImage(
        True, digest, repository.fingerprint(APP).value, ("tests:test",)
    )
    ((name, given),) = GIVEN
    assert (name, set(given)) == ("tests:test", {digest, repository.digest(BASE)})


def test_an_edit_is_tested_anew(repository: Repository) -> None:
    write(repository, of(APP, BASE))
    before = asked(repository)
    repository.write({"lambdas/app/data/in/a.txt": "b\n"})
    after = asked(repository)

    assert after.passed
    assert after.digest == repository.digest(APP) != before.digest
    assert after.digest in GIVEN[-1][1]


@pytest.mark.parametrize(
    ("outcome", "problem"),
    [
        ("fails", "tests:test failed. See `./pants test tests:test`"),
        ("skips", "tests:test skipped all of its tests. See `./pants test tests:test`"),
        ("is none", "tests:test ran no tests. See `./pants test tests:test`"),
    ],
)
def test_what_did_not_pass_is_not_tested(
    repository: Repository, outcome: str, problem: str
) -> None:
    write(repository, of(APP, BASE, outcome=outcome), of(APP, name="other"))
    found = asked(repository)

    assert (found.passed, found.problem) == (False, problem)
    assert found.tests == ("tests:other", "tests:test")


def test_an_image_without_a_test_is_not_tested(repository: Repository) -> None:
    found = asked(repository)

    assert not found.passed
    assert 'runtime_package_dependencies=["//lambdas/app:image"]' in found.problem
    assert found.digest == repository.digest(APP)


def test_a_test_of_an_image_on_it_is_none_of_its_own(repository: Repository) -> None:
    write(repository, of(APP, BASE), of(BASE, name="own"))

    assert asked(repository).tests == ("tests:test",)
    assert asked(repository, BASE).tests == ("tests:own",)


def test_a_test_of_several_images_decides_on_none(repository: Repository) -> None:
    write(repository, of(APP, BASE), of(APP, DOCKER, name="pipeline", outcome="fails"))

    assert asked(repository).passed
    assert not asked(repository, DOCKER).tests


def test_a_test_that_only_needs_the_image_for_something_decides_on_none(
    repository: Repository,
) -> None:
    write(repository, of(APP, BASE), of(APP, name="bench", outcome="fails", tag="slow"))

    assert asked(repository).passed


def test_an_image_of_docker_s_is_known_by_its_id(repository: Repository) -> None:
    write(repository, of(DOCKER))
    found = asked(repository, DOCKER)

    assert (found.passed, found.digest) == (True, DOCKER_S_ID)
    assert GIVEN == [("tests:test", (DOCKER_S_ID,))]


def record(repository: Repository, **changes: object) -> TestRecord:
    found = {
        "address": APP,
        "digest": repository.digest(APP),
        "fingerprint": repository.fingerprint(APP).value,
        "tests": ("tests:test",),
        **changes,
    }
    return TestRecord(**found)  # type: ignore[arg-type]


def use_records(repository: Repository, *records: str) -> None:
    """Let these texts, or none, be the record of the image, in a folder hidden from Pants."""
    path = repository.path("dist/records/lambdas.app/image.tested.json")
    path.unlink(missing_ok=True)
    for text in records:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    repository.options("--image-tests-records=dist/records")


def test_a_record_of_this_digest_is_believed_and_nothing_runs(repository: Repository) -> None:
    use_records(repository, record(repository).dump())

    assert asked(repository).passed
    assert asked(repository).tests == ("tests:test",)
    assert not GIVEN


def test_a_record_of_other_bytes_is_not_believed(repository: Repository) -> None:
    use_records(repository, record(repository).dump())
    repository.write({"lambdas/app/data/in/a.txt": "b\n"})
    found = asked(repository)

    assert not found.passed
    assert "made of other inputs" in found.problem
    assert found.digest == repository.digest(APP)


def test_an_image_without_a_record_is_not_tested(repository: Repository) -> None:
    use_records(repository)
    found = asked(repository)

    assert not found.passed
    assert "dist/records/lambdas.app/image.tested.json is not there" in found.problem


def test_a_record_is_read_again_in_the_next_run(repository: Repository) -> None:
    use_records(repository)
    assert not asked(repository).passed
    use_records(repository, record(repository).dump())
    assert asked(repository).passed


def test_a_damaged_record_is_an_error_with_its_name(repository: Repository) -> None:
    use_records(repository, "{")
    with engine_error(ImageError, contains="image.tested.json: it is no record of tests"):
        asked(repository)


def run(repository: Repository, *args: str) -> GoalRuleResult:
    return repository.runner.run_goal_rule(
        Tested, global_args=OPTIONS, args=args, env_inherit={"PATH", "PYENV_ROOT", "HOME"}
    )


def test_the_goal_writes_a_record_of_what_passed_and_removes_one_of_what_did_not(
    repository: Repository,
) -> None:
    write(repository, of(APP, BASE), of(BASE, name="own", outcome="fails"))
    stale = repository.path("dist/base/image.tested.json")
    stale.parent.mkdir(parents=True, exist_ok=True)
    stale.write_text(record(repository).dump())
    found = run(repository, APP, BASE)

    assert found.exit_code == 1
    assert found.stdout == f"tested {APP} {repository.digest(APP)} by tests:test\n"
    assert "not tested base:image sha256:" in found.stderr
    written = repository.path("dist/lambdas.app/image.tested.json").read_text()
    assert parse_record(written, "") == record(repository)
    assert not stale.exists()


def test_the_goal_succeeds_when_every_image_is_tested(repository: Repository) -> None:
    write(repository, of(APP, BASE))
    assert run(repository, APP).exit_code == 0
    assert run(repository, "src::").exit_code == 0


@pytest.mark.parametrize(
    ("xml", "ran"),
    [
        (PASSED, True),
        (SKIPPED, False),
        (b"<testsuites/>", False),
        (b'<testsuite tests="1"/>', True),
        (b'<testsuites><testsuite tests="0"/><testsuite tests="1"/></testsuites>', True),
    ],
)
def test_a_report_tells_whether_anything_ran(xml: bytes, ran: bool) -> None:
    assert ran_any(xml) == ran


def unit(*needs: str, name: str = "unit", outcome: str = "passes") -> str:
    """The text of a target of unit tests, of these modules."""
    return f"fake_test(name={name!r}, outcome={outcome!r}, dependencies={list(needs)!r})"


HANDLER, NAMES = "lambdas/app/handler.py:code", "src/library/names.py"


@pytest.mark.parametrize("outcome", ["fails", "skips", "is none"])
def test_an_image_whose_unit_tests_do_not_pass_is_not_tested(
    repository: Repository, outcome: str
) -> None:
    write(repository, of(APP, BASE), unit(HANDLER, NAMES, outcome=outcome))
    found = asked(repository)

    assert not found.passed
    assert "See `./pants test tests:unit`" in found.problem
    assert found.tests == ("tests:test", "tests:unit")


def test_unit_tests_are_of_the_highest_image_that_holds_what_they_test(
    repository: Repository,
) -> None:
    write(
        repository,
        of(APP, BASE),
        of(BASE, name="own"),
        unit(HANDLER, NAMES, name="of_app"),
        unit(NAMES, name="of_library"),
        unit("other:source", name="of_nothing", outcome="fails"),
    )
    assert asked(repository).tests == ("tests:test", "tests:of_app")
    assert asked(repository, BASE).tests == ("tests:own", "tests:of_library")
    assert asked(repository).passed
    assert asked(repository, BASE).passed
