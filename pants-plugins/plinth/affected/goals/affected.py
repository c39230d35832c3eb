"""`./pants affected --since=REF`: the images and tests that a change reaches, in order, and why."""

from __future__ import annotations

from collections.abc import Iterable

from pants.backend.docker.target_types import DockerImageSourceField
from pants.core.goals.test import RuntimePackageDependenciesField, TestFieldSet
from pants.engine.console import Console
from pants.engine.goal import Goal, GoalSubsystem, LineOriented
from pants.engine.rules import Rule, collect_rules, goal_rule
from pants.engine.target import AllTargets, Target
from pants.engine.unions import UnionMembership, UnionRule
from pants.option.option_types import StrOption

from plinth.affected.formats import text
from plinth.affected.model import Affected, Answer, Kind


class AffectedSubsystem(LineOriented, GoalSubsystem):
    name = "affected"
    help = "The images and tests that a change reaches, in the order to build and run them."

    since = StrOption(default="HEAD", help="The commit to compare the working tree with.")


class AffectedGoal(Goal):
    subsystem_cls = AffectedSubsystem
    environment_behavior = Goal.EnvironmentBehavior.LOCAL_ONLY


def _kind(target: Target, unions: UnionMembership) -> Kind | None:
    if target.has_field(DockerImageSourceField):
        return Kind.IMAGE
    if any(field_set.is_applicable(target) for field_set in unions[TestFieldSet]):
        runs_image = target.get(RuntimePackageDependenciesField).value
        return Kind.CONTAINER_TEST if runs_image else Kind.TEST
    return None


@goal_rule
async def affected(
    console: Console, subsystem: AffectedSubsystem, all_targets: AllTargets, unions: UnionMembership
) -> AffectedGoal:
    order = (Kind.IMAGE, Kind.TEST, Kind.CONTAINER_TEST)
    kinds = {target.address.spec: _kind(target, unions) for target in all_targets}
    targets = [Affected(t, k, order.index(k)) for t, k in kinds.items() if k]
    answer = Answer(
        since=subsystem.since,
        base="",
        changes=(),
        everything=("changes are not read yet",),
        targets=tuple(sorted(targets, key=lambda found: (found.wave, found.target))),
        edges=(),
    )
    with subsystem.line_oriented(console) as print_line:
        print_line(text.render(answer).rstrip("\n"))
    return AffectedGoal(exit_code=0)


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
