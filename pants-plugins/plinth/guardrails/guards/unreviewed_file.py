"""A file by which something may enter, and whose change nobody must approve."""

from __future__ import annotations

from collections.abc import Iterator

from plinth.guardrails.codeowners import BadOwners, parse_owners
from plinth.guardrails.finding import Guard, Sighting
from plinth.guardrails.globs import matches_any
from plinth.guardrails.repository import Repository


def judge(repository: Repository) -> Iterator[Sighting]:
    path = repository.owners_path
    guarded = [each for each in repository.paths if matches_any(each, repository.supply_chain)]
    if repository.owners is None:
        if guarded:
            yield Sighting(
                path,
                0,
                path,
                f"it is missing, so nobody must approve a change of {guarded[0]}"
                + (f" and of {len(guarded) - 1} more" if len(guarded) > 1 else ""),
                "Write it: `/pants* @your-organisation/platform`, and so on. Pants sees it with "
                '`pants_ignore.add = ["!/.github/"]` in pants.toml.',
            )
        return
    try:
        owners = parse_owners(repository.owners)
    except BadOwners as error:
        yield Sighting(path, error.line, path, str(error), "Mend the line.")
        return
    for each in guarded:
        rule = owners.rule_for(each)
        if rule is None:
            yield Sighting(
                each,
                0,
                each,
                f"no line of {path} covers it, and by it something may enter an image or CI",
                f"Add a line for it to {path}.",
            )
        elif not rule.owners:
            yield Sighting(
                path,
                rule.line,
                each,
                f"`{rule.pattern}` takes the owners off {each}",
                "Name an owner in the line, or remove it.",
            )


GUARD = Guard(
    "unreviewed-file",
    "A file of the supply chain that no line of CODEOWNERS covers",
    "One person alone could let something in.",
    judge,
)
