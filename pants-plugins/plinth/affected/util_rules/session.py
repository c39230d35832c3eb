"""What a run of Pants was started with, besides the tree."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from pants.core.util_rules.environments import EnvironmentName
from pants.engine.env_vars import CompleteEnvironmentVars
from pants.engine.internals.session import SessionValues
from pants.option.options_bootstrapper import OptionsBootstrapper
from pants.option.subsystem import Subsystem

from plinth.affected.options import Configured, configured, is_display_argument, reaches_tests

# What Pants' client and daemon set for a run of their own.
_OF_THE_RUN = re.compile(r"PANTSD_\w+|__PANTS\w+|_PANTS\w+|NAILGUN_\w+|PANTS_\w*BUILDROOT\w*")


@dataclass(frozen=True)
class Started:
    """All that Pants was started with, but for the options of the goal that asks.

    `env` is for a Pants that is started the same way, `arguments` are its options.
    """

    root: str
    configured: Configured
    env: Mapping[str, str]
    arguments: tuple[str, ...]
    environment: EnvironmentName

    @property
    def stamp(self) -> str:
        """Stands for the options of no file of the tree, and for the files that give others."""
        options = self.configured.options
        given = [option for option in options if not option.is_of_the_tree]
        files = {
            option.path
            for option in options
            if option.is_of_the_tree and reaches_tests(option.scope, option.name)
        }
        return hashlib.sha256(repr((given, sorted(files))).encode()).hexdigest()


def started(
    root: str, values: SessionValues, asking: Subsystem, environment: EnvironmentName
) -> Started:
    bootstrapper, env = values[OptionsBootstrapper], values[CompleteEnvironmentVars]
    arguments = tuple(
        each
        for each in bootstrapper.args[1:]
        if each.startswith("-") and not _is_of(asking, each) and not is_display_argument(each)
    )
    files = [(each.path, each.section_to_values) for each in bootstrapper.config.values]
    return Started(
        root=root,
        configured=configured(root, files, env, arguments),
        env={name: value for name, value in env.items() if not _OF_THE_RUN.fullmatch(name)},
        arguments=arguments,
        environment=environment,
    )


def _is_of(subsystem: Subsystem, argument: str) -> bool:
    """Whether an argument is an option of the subsystem, with its value."""
    name = argument.partition("=")[0].lstrip("-").replace("-", "_")
    names = {name, name.removeprefix("no_"), name.removeprefix(f"{subsystem.options_scope}_")}
    return argument.startswith("-") and not names.isdisjoint(subsystem.options.as_dict())
