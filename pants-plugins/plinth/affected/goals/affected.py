"""`./pants affected --since=REF`: the images and tests that a change reaches, in order, and why."""

from __future__ import annotations

import os.path
from collections.abc import Iterable

from pants.backend.python.subsystems.pytest import PyTest
from pants.backend.python.subsystems.setup import PythonSetup
from pants.base.build_environment import get_buildroot
from pants.engine.console import Console
from pants.engine.env_vars import EnvironmentVars, EnvironmentVarsRequest
from pants.engine.fs import Workspace
from pants.engine.goal import Goal
from pants.engine.internals.build_files import BuildFileOptions
from pants.engine.internals.session import SessionValues
from pants.engine.rules import Get, Rule, collect_rules, goal_rule
from pants.engine.unions import UnionRule
from pants.option.global_options import GlobalOptions

from plinth.affected.errors import AffectedError
from plinth.affected.formats.choice import Format, render
from plinth.affected.goals.run import Terminal, goals, run_goal
from plinth.affected.inputs import Settings
from plinth.affected.subsystem import AffectedSubsystem
from plinth.affected.util_rules.detection import detect
from plinth.affected.util_rules.kept import configuration_of


class AffectedGoal(Goal):
    subsystem_cls = AffectedSubsystem
    environment_behavior = Goal.EnvironmentBehavior.LOCAL_ONLY


def _settings(
    affected: AffectedSubsystem,
    build_files: BuildFileOptions,
    python: PythonSetup,
    pytest: PyTest,
    options: GlobalOptions,
) -> Settings:
    root = get_buildroot()
    return Settings(
        build_patterns=build_files.patterns,
        preludes=build_files.prelude_globs,
        resolves={path: name for name, path in python.resolves.items()},
        pytest_resolve=pytest.install_from_resolve or "",
        tools=affected.tools,
        plugin_roots=tuple(os.path.relpath(each, root) for each in options.pythonpath),
    )


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
    build_files: BuildFileOptions,
    python: PythonSetup,
    pytest: PyTest,
    options: GlobalOptions,
    workspace: Workspace,
    session_values: SessionValues,
) -> AffectedGoal:
    settings = _settings(subsystem, build_files, python, pytest, options)
    configuration = configuration_of(get_buildroot(), session_values, subsystem)
    try:
        to_run = goals(subsystem.run)
        answer = await detect(subsystem.since, settings, configuration)
    except AffectedError as error:
        console.print_stderr(f"affected: {error}")
        return AffectedGoal(exit_code=1)
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
    return collect_rules()
