"""The options of this run, compared with those that the commit's configuration files give."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from pants.base.build_root import BuildRoot
from pants.build_graph.build_configuration import BuildConfiguration
from pants.engine.internals.session import SessionValues
from pants.engine.rules import Rule, collect_rules, rule
from pants.engine.unions import UnionMembership, UnionRule
from pants.option.alias import CliAlias
from pants.option.config import Config
from pants.option.options import Options
from pants.option.options_bootstrapper import OptionsBootstrapper
from pants.option.ranked_value import Rank
from pants.util.logging import LogLevel

from plinth.git.options import is_free, option_name


@dataclass(frozen=True)
class OptionsRequest:
    """Which options are others than configuration files at these paths alone would give?"""

    committed: frozenset[str]


@dataclass(frozen=True)
class OptionsDifferences:
    """A line for each option: its name, and what sets it."""

    found: tuple[str, ...]


@rule(desc="Comparing options with the commit's", level=LogLevel.DEBUG)
async def compare_options(
    request: OptionsRequest,
    root: BuildRoot,
    configuration: BuildConfiguration,
    session: SessionValues,
    members: UnionMembership,
) -> OptionsDifferences:
    """The options that another clone of the commit would not have."""
    own = session[OptionsBootstrapper]
    others = [
        values.path
        for values in own.config.values
        if _from_root(values.path, root.path) not in request.committed
    ]
    committed = replace(
        own,
        env_tuples=(),
        bootstrap_args=("<ignored>",),
        args=("pants",),
        config=Config(tuple(each for each in own.config.values if each.path not in others)),
        alias=CliAlias(),
    )
    found = differing(
        own.full_options(configuration, members), committed.full_options(configuration, members)
    )
    where = f"{', '.join(others)}, which the commit does not have" if others else "a file"
    return OptionsDifferences(
        tuple(
            f"{option_name(scope, name)} is set by {_ORIGINS.get(rank, where)}"
            for scope, name, rank in found
        )
    )


def _from_root(path: str, root: str) -> str:
    return os.path.relpath(os.path.join(root, path), root)


_ORIGINS = {
    Rank.FLAG: "the command line",
    Rank.ENVIRONMENT: "the environment",
    Rank.HARDCODED: "its default",
    Rank.NONE: "nothing",
}


def differing(own: Options, committed: Options) -> Iterator[tuple[str, str, Rank]]:
    """Scope and name of each option whose value is not the commit's, and what has set it."""
    for scope in sorted(own.known_scope_to_info):
        values = own.for_scope(scope, check_deprecations=False)
        others = committed.for_scope(scope, check_deprecations=False).as_dict()
        for name, value in values.as_dict().items():
            if value != others.get(name) and not is_free(scope, name):
                yield scope, name, values.get_rank(name)


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
