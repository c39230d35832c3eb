"""All guards over the whole repository, as Pants reads it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pants.engine.fs import DigestContents, PathGlobs, Paths
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.unions import UnionRule
from pants.util.logging import LogLevel

from plinth.guardrails.allowances import PATH as ALLOWANCES
from plinth.guardrails.judge import Verdict, judge
from plinth.guardrails.repository import LockFile, Repository, Workflow
from plinth.guardrails.subsystem import Guardrails
from plinth.guardrails.table import GUARDS
from plinth.guardrails.util_rules.handlers import Handlers, HandlersRequest
from plinth.guardrails.util_rules.images import Images, ImagesRequest
from plinth.guardrails.util_rules.locks import Locks, LocksRequest
from plinth.guardrails.util_rules.requirements import Requirements, RequirementsRequest
from plinth.guardrails.util_rules.sources import Sources, SourcesRequest

# Where GitHub looks, in this order.
_OWNERS = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
_WORKFLOWS = tuple(
    f"{pattern}.{ending}"
    for pattern in (".github/workflows/*", "**/action")
    for ending in ("yml", "yaml")
)


@dataclass(frozen=True)
class VerdictRequest:
    """What do the guards find?"""


@rule(desc="Judging what may enter", level=LogLevel.DEBUG)
async def judge_repository(request: VerdictRequest, options: Guardrails) -> Verdict:
    """Reads the repository, and has every guard judge it."""
    images, locks, requirements, sources, handlers = await MultiGet(
        Get(Images, ImagesRequest()),
        Get(Locks, LocksRequest()),
        Get(Requirements, RequirementsRequest()),
        Get(Sources, SourcesRequest()),
        Get(Handlers, HandlersRequest()),
    )
    paths, texts = await MultiGet(
        Get(Paths, PathGlobs(["**"])),
        Get(DigestContents, PathGlobs([ALLOWANCES, *_OWNERS, *_WORKFLOWS])),
    )
    text = {file.path: file.content.decode(errors="replace") for file in texts}
    owners = next((path for path in _OWNERS if path in text), _OWNERS[0])
    repository = Repository(
        paths=paths.files,
        images=images.found,
        locks=locks.found,
        requirements=requirements.declared,
        named_requirements=requirements.named,
        imports=requirements.imports,
        sources=sources.found,
        handlers=handlers.found,
        workflows=tuple(
            Workflow(path, content)
            for path, content in text.items()
            if path != ALLOWANCES and path not in _OWNERS
        ),
        owners_path=owners,
        owners=text.get(owners),
        supply_chain=(*options.supply_chain, *_of_locks(locks.found)),
        base=options.base.removeprefix("//"),
    )
    return judge(repository, GUARDS, text.get(ALLOWANCES, ""))


def _of_locks(locks: Iterable[LockFile]) -> Iterable[str]:
    for lock in locks:
        yield f"/{lock.path}"
        yield f"/{lock.requirements_path}"


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
