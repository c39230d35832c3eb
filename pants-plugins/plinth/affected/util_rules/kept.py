"""The repository's graph from an earlier run, where it still holds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pants.engine.env_vars import CompleteEnvironmentVars
from pants.engine.internals.session import SessionValues
from pants.engine.rules import Get
from pants.option.options_bootstrapper import OptionsBootstrapper
from pants.option.subsystem import Subsystem

from plinth.affected.git import Difference, Git
from plinth.affected.graph import Graph
from plinth.affected.inputs import Inputs, Settings
from plinth.affected.kept import Doubt, Kept, doubts, working_tree
from plinth.affected.util_rules.graph import RepositoryGraph
from plinth.affected.util_rules.imports import importing_otherwise

# What shells and Pants' own client set anew for every command.
_PASSING = re.compile(r"_|OLDPWD|PWD|SHLVL|PLINTH_TERMINAL|PANTSD_\w+|__PANTS\w+|NAILGUN_\w+")
# As many shells with environments of their own as are likely to take turns.
_MOST = 4


@dataclass(frozen=True)
class Configuration:
    """All that Pants was started with, but for the options of the goal that asks.

    The whole environment, because BUILD files and `pants.toml` may read it.
    """

    root: str
    config: tuple[tuple[str, Mapping[str, Any]], ...]
    env: Mapping[str, str]
    arguments: tuple[str, ...]


# The daemon's memory, the last used first. Pants itself checks every target again in every run,
# because it takes the client's environment, in which a time stands, for another one.
_memory: list[tuple[Configuration, Kept]] = []


def configuration_of(root: str, values: SessionValues, asking: Subsystem) -> Configuration:
    bootstrapper, env = values[OptionsBootstrapper], values[CompleteEnvironmentVars]
    return Configuration(
        root=root,
        config=tuple((each.path, each.section_to_values) for each in bootstrapper.config.values),
        env={name: value for name, value in env.items() if not _PASSING.fullmatch(name)},
        arguments=tuple(each for each in bootstrapper.args[1:] if not _is_of(asking, each)),
    )


def _is_of(subsystem: Subsystem, argument: str) -> bool:
    """Whether an argument is an option of the subsystem, with its value."""
    name = argument.partition("=")[0].lstrip("-").replace("-", "_")
    names = {name, name.removeprefix("no_"), name.removeprefix(f"{subsystem.options_scope}_")}
    return argument.startswith("-") and not names.isdisjoint(subsystem.options.as_dict())


async def graph_of(
    git: Git, difference: Difference, settings: Settings, configuration: Configuration
) -> Graph:
    """The graph of the working tree; read anew only where it may be another one."""
    tree = working_tree(git, difference)
    kept = next((kept for known, kept in _memory if known == configuration), None)
    if kept:
        left = doubts(git, kept, tree, Inputs(kept.graph, settings))
        if left is not None and await _all_import_the_same(left):
            _remember(configuration, Kept(tree, kept.graph))
            return kept.graph
    repository_graph = await Get(RepositoryGraph)
    # Not if a file was edited meanwhile: the graph may be of either version of it.
    if working_tree(git, git.difference(difference.base)) == tree:
        _remember(configuration, Kept(tree, repository_graph.graph))
    return repository_graph.graph


def _remember(configuration: Configuration, kept: Kept) -> None:
    others = [each for each in _memory if each[0] != configuration]
    _memory[:] = [(configuration, kept), *others][:_MOST]


async def _all_import_the_same(edited: Iterable[Doubt]) -> bool:
    return not await importing_otherwise([(each.before, each.after) for each in edited])
