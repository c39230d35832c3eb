"""The images that a command names.

Pants' own `publish` goal asks for each target by itself and in no order. To publish all of them in
order, and together, one has to know them all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pants.backend.docker.target_types import DockerImageSourceField
from pants.base.specs import AddressLiteralSpec, FileLiteralSpec, RawSpecs, Specs
from pants.base.specs_parser import SpecsParser
from pants.engine.addresses import Address
from pants.engine.env_vars import EnvironmentVars, EnvironmentVarsRequest
from pants.engine.internals.options_parsing import _Options
from pants.engine.rules import Get, Rule, collect_rules, rule
from pants.engine.target import FilteredTargets
from pants.engine.unions import UnionRule
from pants.util.frozendict import FrozenDict
from pants.vcs.changed import ChangedAddresses, ChangedOptions, ChangedRequest
from pants.vcs.git import GitWorktreeRequest, MaybeGitWorktree


@dataclass(frozen=True)
class CommandLineImagesRequest:
    """The `docker_image` targets that the command line selects."""


@dataclass(frozen=True)
class CommandLineImages:
    """Their addresses, sorted."""

    addresses: tuple[Address, ...]


async def _named(arguments: Iterable[str]) -> Specs:
    # An argument may be relative to where the user is.
    environment = await Get(EnvironmentVars, EnvironmentVarsRequest(["PWD"]))
    return SpecsParser(working_dir=environment.get("PWD")).parse_specs(
        arguments, description_of_origin="CLI arguments"
    )


async def _changed(options: ChangedOptions) -> Specs:
    worktree = (await Get(MaybeGitWorktree, GitWorktreeRequest())).git_worktree
    files = tuple(options.changed_files(worktree)) if worktree else ()
    addresses = await Get(ChangedAddresses, ChangedRequest(files, options.dependents))
    origin = "`--changed-since`"
    includes = RawSpecs(
        address_literals=tuple(
            AddressLiteralSpec(
                address.spec_path,
                address.target_name,
                address.generated_name,
                FrozenDict(address.parameters),
            )
            for address in addresses
        ),
        file_literals=tuple(FileLiteralSpec(file) for file in files),
        filter_by_global_options=True,
        from_change_detection=True,
        description_of_origin=origin,
    )
    return Specs(includes, RawSpecs(description_of_origin=origin))


@rule
async def images_of_command_line(
    request: CommandLineImagesRequest, parsed: _Options
) -> CommandLineImages:
    """The images among the targets that this command was given, by name or by `--changed-since`."""
    changed = ChangedOptions.from_options(parsed.options.for_scope("changed"))
    specs = await (_changed(changed) if changed.provided else _named(parsed.options.specs))
    targets = await Get(FilteredTargets, Specs, specs)
    return CommandLineImages(
        tuple(sorted(t.address for t in targets if t.has_field(DockerImageSourceField)))
    )


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
