"""`./pants affected --since=REF`: the images and tests that a change reaches, in order, and why."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pants.backend.docker.subsystems.docker_options import DockerOptions
from pants.base.build_environment import get_buildroot
from pants.core.util_rules.environments import ChosenLocalEnvironmentName
from pants.engine.console import Console
from pants.engine.env_vars import EnvironmentVars, EnvironmentVarsRequest
from pants.engine.fs import Workspace
from pants.engine.goal import Goal
from pants.engine.internals.session import SessionValues
from pants.engine.rules import Get, Rule, collect_rules, goal_rule
from pants.engine.unions import UnionRule
from pants.option.global_options import GlobalOptions

from plinth.affected.errors import AffectedError
from plinth.affected.formats.choice import Format, render
from plinth.affected.goals.run import Terminal, goals, run_goal
from plinth.affected.subsystem import AffectedSubsystem
from plinth.affected.util_rules.detection import (
    Asking,
    current_state,
    detect,
    share,
    wrongly_updated,
)
from plinth.affected.util_rules.session import started
from plinth.affected.util_rules.unowned import Unowned, UnownedRequest, warning, without_effect
from plinth.code.rules import CodeAsRead
from plinth.code.rules import rules as code_rules
from plinth.fingerprint.wire import dump


class AffectedGoal(Goal):
    subsystem_cls = AffectedSubsystem
    environment_behavior = Goal.EnvironmentBehavior.LOCAL_ONLY


async def _is_coloured(affected: AffectedSubsystem, options: GlobalOptions) -> bool:
    """What `--colors` says; without it, whether people see it who have not set `NO_COLOR`.

    Pants' daemon sees no terminal, nor does the default of `--colors`; the launcher does.
    """
    if not options.options.is_default("colors"):
        return options.colors
    env = await Get(EnvironmentVars, EnvironmentVarsRequest(["NO_COLOR", "PLINTH_TERMINAL"]))
    return not affected.output_file and "PLINTH_TERMINAL" in env and not env.get("NO_COLOR")


@goal_rule
async def affected(
    console: Console,
    subsystem: AffectedSubsystem,
    options: GlobalOptions,
    docker: DockerOptions,
    workspace: Workspace,
    session_values: SessionValues,
    local_environment: ChosenLocalEnvironmentName,
    as_read: CodeAsRead,
) -> AffectedGoal:
    """Print what a change affects, with reasons, in the format that was asked for."""
    run = started(get_buildroot(), session_values, subsystem, local_environment.val)
    registries = docker.registries().registries.values()
    hosts = dict.fromkeys(each.address for each in registries if not each.skip_push)
    asking = Asking(
        run,
        subsystem.tools,
        subsystem.documents,
        tuple(f"{host}/{subsystem.repository}" for host in hosts if subsystem.repository),
        console,
        options.pantsd,
    )
    if subsystem.document:
        found = await current_state(asking)
        Path(get_buildroot(), subsystem.document).write_bytes(dump(found.document))
        return AffectedGoal(exit_code=0)
    if subsystem.check:
        wrong = await wrongly_updated(asking)
        console.write_stdout("".join(f"{spec}\n" for spec in wrong))
        return AffectedGoal(exit_code=int(bool(wrong)))
    try:
        if subsystem.share:
            console.print_stderr(await share(asking))
            return AffectedGoal(exit_code=0)
        to_run = goals(subsystem.run)
        answer = await detect(subsystem.since, asking)
    except AffectedError as error:
        console.print_stderr(f"affected: {error}")
        return AffectedGoal(exit_code=1)
    for path in (await Get(Unowned, UnownedRequest(without_effect(answer)))).paths:
        console.print_stderr(f"affected: {warning(path)}")
    color = await _is_coloured(subsystem, options)
    if subsystem.format is not Format.TEXT:
        for reason in answer.everything:
            console.print_stderr(f"affected: everything is affected, because {reason}")
    with subsystem.output(console) as write:
        write(
            render(
                answer,
                subsystem.format,
                color=color,
                explain=subsystem.explain,
                advice=not to_run,
            )
        )
    terminal = Terminal(console, workspace)
    for name in to_run:
        exit_code = await run_goal(name, answer, terminal)
        if exit_code:
            return AffectedGoal(exit_code=exit_code)
    return AffectedGoal(exit_code=0)


def rules() -> Iterable[Rule | UnionRule]:
    return [*collect_rules(), *code_rules()]
