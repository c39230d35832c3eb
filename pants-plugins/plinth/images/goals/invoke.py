"""`./pants invoke`: one event to one lambda, under AWS's emulator."""

from __future__ import annotations

import os.path
from collections.abc import Iterable

from pants.backend.docker.target_types import DockerImageSourceField, DockerImageTarget
from pants.engine.env_vars import CompleteEnvironmentVars
from pants.engine.fs import Workspace
from pants.engine.goal import Goal, GoalSubsystem
from pants.engine.process import InteractiveProcess, InteractiveProcessResult
from pants.engine.rules import Effect, Get, Rule, collect_rules, goal_rule
from pants.engine.target import FilteredTargets, Target
from pants.engine.unions import UnionRule
from pants.option.global_options import GlobalOptions
from pants.option.option_types import ArgsListOption, StrOption
from pants.util.strutil import help_text

from plinth.code.rules import CodeAsRead
from plinth.code.rules import rules as code_rules
from plinth.images.errors import ImageError
from plinth.images.target_types import RunWithField
from plinth.images.util_rules.run_with import RunWith, RunWithRequest


class InvokeSubsystem(GoalSubsystem):
    name = "invoke"
    help = help_text(
        """
        Invoke one lambda with one event, in its container, under AWS's Lambda emulator.

        `./pants invoke lambdas/x --event=lambdas/x/events/ok.json` prints the answer to standard
        output and the log to standard error; the exit code is 1 when the function failed. To send
        it more events, `./pants run lambdas/x:image` keeps it up and prints the `curl` line.
        """
    )

    event = StrOption(
        default=None,
        help="A file with the event as JSON, relative to where you are; `-` reads standard input.",
    )
    args = ArgsListOption(
        example="-e LOG_LEVEL=DEBUG --memory=1024",
        tool_name="the program that starts the lambda (`-- --help` lists what it takes)",
        passthrough=True,
    )


class Invoke(Goal):
    subsystem_cls = InvokeSubsystem
    environment_behavior = Goal.EnvironmentBehavior.LOCAL_ONLY


@goal_rule
async def invoke(
    targets: FilteredTargets,
    subsystem: InvokeSubsystem,
    global_options: GlobalOptions,
    environment: CompleteEnvironmentVars,
    workspace: Workspace,  # Pants lets a goal run a process at the terminal only with this.
    as_read: CodeAsRead,
) -> Invoke:
    """Start the image under the Lambda emulator, send it one event, print answer and log."""
    event = event_path(subsystem.event, environment.get("PWD", ""))
    image = the_image(targets)
    found = await Get(RunWith, RunWithRequest(image[RunWithField]))
    request = found.request
    result = await Effect(
        InteractiveProcessResult,
        InteractiveProcess(
            argv=(*request.args, "--event", event, *subsystem.args),
            env={**environment, **request.extra_env},
            input_digest=request.digest,
            run_in_workspace=True,
            keep_sandboxes=global_options.keep_sandboxes,
            immutable_input_digests=request.immutable_input_digests,
            append_only_caches=request.append_only_caches,
        ),
    )
    return Invoke(result.exit_code)


def event_path(given: str | None, working_directory: str) -> str:
    """The event's file, absolute, or `-`. Raises `ImageError` when there is none."""
    if not given:
        raise ImageError(
            "Which event? `./pants invoke lambdas/x --event=FILE`, with a file of JSON; samples "
            "are in `lambdas/x/events/`."
        )
    if given == "-":
        return given
    path = os.path.join(working_directory, given)
    if not os.path.isfile(path):
        raise ImageError(f"no event at {path}: `--event` names a file of JSON.")
    return path


def the_image(targets: Iterable[Target]) -> Target:
    """The one image that can be invoked. Raises `ImageError` when there are none or several."""
    images = [t for t in targets if t.has_field(DockerImageSourceField)]
    found = [t for t in images if t[RunWithField].value]
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(t.address.spec for t in found[:3])
        more = f" and {len(found) - 3} more" if len(found) > 3 else ""
        raise ImageError(f"One event is for one lambda, not {len(found)}: {names}{more}.")
    if images:
        raise ImageError(
            f"{images[0].address} cannot be invoked: its `{DockerImageTarget.alias}` target has no "
            f"`{RunWithField.alias}`. `./pants help {DockerImageTarget.alias}` describes it."
        )
    raise ImageError("No image is selected. Name a lambda's folder: `./pants invoke lambdas/x …`.")


def rules() -> Iterable[Rule | UnionRule]:
    return [*collect_rules(), *code_rules()]
