"""What the guards let pass: exceptions in one file, each for one path and with a reason.

[[allow]]
guard = "left-to-docker"
path = "tools/scanner/Dockerfile"
name = "RUN"                       # may be left out: then all that the guard finds there
reason = "The scanner installs itself with a script, and no image that ships stands on it."
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import toml

from plinth.guardrails.finding import Finding

PATH = "guardrails.toml"
# Of the file itself: what it holds cannot be allowed by it.
GUARD_OF_ALLOWANCES = "bad-allowance"
_KEYS = {"guard", "path", "name", "reason"}
_SHORTEST_REASON = 10


@dataclass(frozen=True)
class Allowance:
    """Lets one guard's findings at `path` pass; those about `name` alone where that is set."""

    line: int
    guard: str
    path: str
    name: str
    reason: str

    def covers(self, finding: Finding) -> bool:
        return (
            finding.guard == self.guard
            and finding.path == self.path
            and self.name in ("", finding.name)
        )


@dataclass(frozen=True)
class Allowances:
    """`problems` are findings about the file itself."""

    found: tuple[Allowance, ...] = ()
    problems: tuple[Finding, ...] = ()


def parse_allowances(text: str, guards: Collection[str]) -> Allowances:
    """The allowances in the text; `guards` are the ids that there are."""
    try:
        document = toml.loads(text)
    except (toml.TomlDecodeError, IndexError) as error:
        line = getattr(error, "lineno", 0)
        return Allowances(problems=(_problem(line, "", f"it is not TOML: {error}"),))
    entries = document.get("allow", [])
    strange = sorted(document.keys() - {"allow"})
    are_tables = isinstance(entries, list) and all(isinstance(each, dict) for each in entries)
    if strange or not are_tables:
        what = f"only `[[allow]]` is known, and it holds `{(strange or ['allow'])[0]}`"
        return Allowances(problems=(_problem(1, "", what),))
    lines = [n for n, line in enumerate(text.splitlines(), 1) if re.match(r"\s*\[\[allow]]", line)]
    found, problems = [], []
    for line, entry in zip(lines, entries):
        wrong = list(_wrong(entry, guards))
        problems += [_problem(line, str(entry.get("guard", "")), what) for what in wrong]
        if not wrong:
            found.append(
                Allowance(
                    line, entry["guard"], entry["path"], entry.get("name", ""), entry["reason"]
                )
            )
    return Allowances(tuple(found), tuple(problems))


def unused(allowance: Allowance) -> Finding:
    """That nothing needs the allowance any more."""
    about = f" about {allowance.name}" if allowance.name else ""
    what = (
        f"{allowance.guard} finds nothing{about} in {allowance.path}, so this would let something "
        "pass that is not there yet"
    )
    return Finding(
        PATH, allowance.line, GUARD_OF_ALLOWANCES, allowance.guard, what, "Remove the entry."
    )


def _wrong(entry: Mapping[str, Any], guards: Collection[str]) -> Iterator[str]:
    for key in sorted(entry.keys() - _KEYS):
        yield f"`{key}` is not known; an entry has guard, path, name and reason"
    for key in ("guard", "path", "reason"):
        if not isinstance(entry.get(key), str) or not entry[key].strip():
            yield f"it has no `{key}`"
    if "name" in entry and not isinstance(entry["name"], str):
        yield "its `name` must be text"
    guard, reason = entry.get("guard"), entry.get("reason")
    if isinstance(guard, str) and guard and guard not in guards:
        yield f"there is no guard `{guard}`; there are {', '.join(sorted(guards))}"
    if isinstance(reason, str) and 0 < len(reason.strip()) < _SHORTEST_REASON:
        yield f"`{reason}` gives no reason"


def _problem(line: int, name: str, what: str) -> Finding:
    return Finding(PATH, line, GUARD_OF_ALLOWANCES, name, what, "Mend the entry.")
