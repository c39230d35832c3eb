"""An answer as people read it: one change for what was one act, and no step said twice."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from plinth.affected.formats.counts import counted
from plinth.affected.model import Affected, Answer, Chain, Change

# The status of a file, which says little without the file's name.
_STATUSES = ("added", "edited", "deleted")
_BUILD_FILE = re.compile(r"(?P<folder>.+)/BUILD(\.[^/]*)?")
_TARGET = re.compile(r"(?P<address>[^ ]+) (new|removed)")


@dataclass(frozen=True)
class _Act:
    """What was done to a whole folder, and all of it as one change."""

    folder: str
    change: Change


def readable(answer: Answer) -> Answer:
    """`answer` with less to read: the same targets, in the same waves.

    All changes in a folder that came or went with its BUILD file are one, without a path. A step
    that its change names already is left out. Of the chains that then begin with the same change,
    a target keeps the shortest.
    """
    acts = dict(_acts(answer.changes))
    changes = (acts[change].change if change in acts else change for change in answer.changes)
    return replace(
        answer,
        changes=tuple(dict.fromkeys(changes)),
        targets=tuple(_with_less(target, acts) for target in answer.targets),
    )


def brief(change: Change) -> str:
    """What a chain calls its change: ``boto3 1.34.0 → 1.35.0``, or of an edited file its path."""
    return change.path if change.path and change.what in _STATUSES else change.what


def _acts(changes: tuple[Change, ...]) -> Iterator[tuple[Change, _Act]]:
    """Each change in a folder that is new or gone, and the act that it is a part of."""
    for status, how in (("added", "new"), ("deleted", "removed")):
        found = (_BUILD_FILE.fullmatch(each.path) for each in changes if each.what == status)
        for folder in _topmost(sorted(match["folder"] for match in found if match)):
            inside = [
                change
                for change in changes
                if _is_inside(folder, change.path) or _is_inside(folder, change.what)
            ]
            statuses = {change.what for change in inside if change.what in _STATUSES}
            if statuses == {status} and len({change.path for change in inside}) > 1:
                act = _Act(folder, Change("", _what(folder, how, inside)))
                yield from ((change, act) for change in inside)


def _topmost(folders: Iterable[str]) -> list[str]:
    """Those of sorted `folders` that are inside no other."""
    found: list[str] = []
    for folder in folders:
        if not any(folder.startswith(f"{other}/") for other in found):
            found.append(folder)
    return found


def _is_inside(folder: str, name: str) -> bool:
    """Whether a path, an address, or what begins with one, is in a folder or below it."""
    return name.startswith((f"{folder}/", f"{folder}:"))


def _what(folder: str, how: str, inside: list[Change]) -> str:
    """``new lambda hello (4 files, 8 targets)``; ``new src/hello (…)`` of any other folder."""
    files = {change.path for change in inside if change.path}
    found = (_TARGET.fullmatch(change.what) for change in inside)
    targets = {match["address"] for match in found if match}
    parent, _, name = folder.rpartition("/")
    what = f"lambda {name}" if parent == "lambdas" else folder
    numbers = [counted(len(files), "file")]
    numbers += [counted(len(targets), "target")] if targets else []
    return f"{how} {what} ({', '.join(numbers)})"


def _with_less(target: Affected, acts: Mapping[Change, _Act]) -> Affected:
    chains = [_shorter(chain, acts.get(chain.change)) for chain in target.chains]
    shortest: dict[Change, Chain] = {}
    for chain in sorted(chains, key=lambda chain: (len(chain.steps), chain)):
        shortest.setdefault(chain.change, chain)
    return replace(target, chains=tuple(shortest.values()))


def _shorter(chain: Chain, act: _Act | None) -> Chain:
    """The chain without the steps that its change names already; never without its target."""
    *between, target = chain.steps
    if act:
        while between and _is_inside(act.folder, between[0]):
            del between[0]
    elif between and _names(chain.change, between[0]):
        del between[0]
    return Chain(act.change if act else chain.change, (*between, target))


def _names(change: Change, step: str) -> bool:
    return step == change.path or any(
        change.what.startswith((f"{name} ", f"{name}: "))
        for name in (step, step.rpartition("#")[2])
    )
