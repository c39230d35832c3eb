"""`./pants tested`: which images' tests passed, recorded for another job to publish."""

from __future__ import annotations

from collections.abc import Iterable

from pants.backend.docker.target_types import DockerImageSourceField
from pants.core.util_rules.distdir import DistDir
from pants.engine.console import Console
from pants.engine.fs import CreateDigest, Digest, FileContent, Workspace
from pants.engine.goal import Goal, GoalSubsystem
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, goal_rule
from pants.engine.target import FilteredTargets
from pants.engine.unions import UnionRule
from pants.util.strutil import help_text

from plinth.code.rules import CodeAsRead
from plinth.code.rules import rules as code_rules
from plinth.images.tested import SUFFIX, TestRecord
from plinth.images.util_rules.tested import (
    ImageId,
    ImageIdRequest,
    TestedImage,
    TestedImageRequest,
)


class TestedSubsystem(GoalSubsystem):
    __test__ = False

    name = "tested"
    help = help_text(
        f"""
        Record which images their tests passed on: `dist/<image>{SUFFIX}` names the image's digest,
        its fingerprint and the tests that were asked: its container tests, and the unit tests of
        the first-party code that it holds.

        What `./pants test` has run is found in Pants' cache and not run again. An image without a
        passing test gets no record, and the exit code is 1.
        """
    )


class Tested(Goal):
    __test__ = False

    subsystem_cls = TestedSubsystem
    environment_behavior = Goal.EnvironmentBehavior.LOCAL_ONLY


@goal_rule
async def record_tests(
    console: Console,
    targets: FilteredTargets,
    workspace: Workspace,
    dist: DistDir,
    as_read: CodeAsRead,
) -> Tested:
    """Write down which images passed their tests, for a job that publishes them elsewhere."""
    addresses = sorted(t.address for t in targets if t.has_field(DockerImageSourceField))
    found = await MultiGet(Get(TestedImage, TestedImageRequest(each)) for each in addresses)
    images = await MultiGet(Get(ImageId, ImageIdRequest(each)) for each in addresses)
    records = {}
    for address, image, tested in zip(addresses, images, found):
        if tested.passed:
            record = TestRecord(address.spec, tested.digest, tested.fingerprint, tested.tests)
            records[f"{image.path}{SUFFIX}"] = record.dump()
            console.print_stdout(f"tested {address} {tested.digest} by {', '.join(tested.tests)}")
        else:
            console.print_stderr(f"not tested {address} {tested.digest}: {tested.problem}")
    written = await Get(
        Digest, CreateDigest(FileContent(path, text.encode()) for path, text in records.items())
    )
    # A record of an earlier run would speak of an image that has failed since.
    paths = [f"{image.path}{SUFFIX}" for image in images]
    workspace.write_digest(written, path_prefix=str(dist.relpath), clear_paths=paths)
    return Tested(exit_code=0 if len(records) == len(addresses) else 1)


def rules() -> Iterable[Rule | UnionRule]:
    return [*collect_rules(), *code_rules()]
