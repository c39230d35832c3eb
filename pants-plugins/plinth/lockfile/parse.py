"""Read a lock as `uv pip compile --generate-hashes` writes it.

Strict, because a build and a change detector rely on what it says: whatever is not understood is a
problem with a line number, never passed over.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from packaging.requirements import InvalidRequirement, Requirement
from packaging.version import InvalidVersion, Version

from plinth.lockfile.distribution import Distribution, Lock, normalise
from plinth.lockfile.errors import LockError
from plinth.lockfile.lines import LogicalLine, logical_lines

_HASH = re.compile(r"\s--hash[=\s]\s*(\S+)")
_HASH_VALUE = re.compile(r"sha(?:256:[0-9a-f]{64}|384:[0-9a-f]{96}|512:[0-9a-f]{128})")
_INDEX_OPTION = re.compile(
    r"(?:^|\s)(?:-i|-f|--index-url|--extra-index-url|--find-links|--trusted-host|--index|--default-index)\b"
)
_VIA_NAME = re.compile(r"([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(?:\[[^\]]*\])?")


def parse(text: str, path: str) -> Lock:
    """The lock that `text` holds. Raises `LockError` with every problem found; `path` is for
    messages.
    """
    distributions, problems = [], list(_hosts(text))
    for line in logical_lines(text):
        try:
            distributions.append(_distribution(line))
        except _Problem as problem:
            problems.append((line.number, str(problem)))
    problems += _conflicts(distributions)
    if not distributions and not problems:
        problems.append((1, "holds no distribution: make it with `make lock`"))
    if problems:
        raise LockError(tuple(f"{path}:{line}: {what}" for line, what in sorted(set(problems))))
    return Lock(
        path, tuple(sorted(distributions, key=lambda d: (d.name, Version(d.version), d.marker)))
    )


class _Problem(Exception):
    pass


def _distribution(line: LogicalLine) -> Distribution:
    written = _HASH.split(line.text, maxsplit=1)[0].strip()
    if re.search(r"(?:^|\s)-", written):
        raise _Problem(f"`{written}` is an option, not a locked requirement")
    try:
        requirement = Requirement(written)
    except InvalidRequirement as error:
        raise _Problem(f"`{written}` is not a requirement: {_first_line(error)}") from None
    via, roots = _edges(line)
    return Distribution(
        name=normalise(requirement.name),
        version=_version(requirement),
        extras=tuple(sorted({normalise(extra) for extra in requirement.extras})),
        marker=str(requirement.marker or ""),
        hashes=_hashes(line, requirement.name),
        via=via,
        roots=roots,
        line=line.number,
    )


def _version(requirement: Requirement) -> str:
    specifiers = list(requirement.specifier)
    if requirement.url:
        raise _Problem(
            f"{requirement.name} comes from a URL: only an index may be named, by the machine"
        )
    if len(specifiers) != 1 or specifiers[0].operator not in ("==", "==="):
        raise _Problem(f"{requirement.name} is not locked to one version with `==`")
    try:
        return str(Version(specifiers[0].version))
    except InvalidVersion:
        raise _Problem(f"{requirement.name}: `{specifiers[0].version}` is not a version") from None


def _hashes(line: LogicalLine, name: str) -> tuple[str, ...]:
    found = _HASH.findall(line.text)
    rest = _HASH.sub("", line.text)
    if " --" in rest:
        raise _Problem(f"{name}: unknown option in `{rest}`")
    for value in found:
        if not _HASH_VALUE.fullmatch(value):
            raise _Problem(
                f"{name}: `{value}` is not a sha256, sha384 or sha512 in lower-case hexadecimals"
            )
    if not found:
        raise _Problem(
            f"{name} has no hash: anything could be installed in its place. Run `make lock`"
        )
    return tuple(sorted(set(found)))


def _edges(line: LogicalLine) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The projects and the requirements files that the `# via` comment names."""
    via, roots = set(), set()
    for entry in _via_entries(line.comments):
        if entry.startswith("-r "):
            roots.add(entry[3:].strip())
        elif _VIA_NAME.fullmatch(entry):
            via.add(normalise(entry.split("[")[0]))
        elif not entry.startswith(("-c ", "--override ", "--constraint ")):
            raise _Problem(f"`# via {entry}` is not the name of a project")
    if not via and not roots:
        raise _Problem(
            f"`{line.text.split(' ')[0]}` has no `# via`: what requires it is unknown. "
            "Run `make lock`"
        )
    return tuple(sorted(via)), tuple(sorted(roots))


def _via_entries(comments: tuple[str, ...]) -> Iterator[str]:
    inside = False
    for comment in comments:
        begins = re.match(r"via(\s|$)", comment)
        inside = inside or begins is not None
        entries = comment[len("via") :] if begins else comment
        if inside:
            yield from (entry.strip() for entry in entries.split(",") if entry.strip())


def _hosts(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if "://" in line or _INDEX_OPTION.search(line):
            yield (
                number,
                "names a URL or an index: where files come from is the machine's configuration",
            )


def _conflicts(distributions: list[Distribution]) -> Iterator[tuple[int, str]]:
    names = {d.name for d in distributions}
    times = Counter((d.name, d.marker) for d in distributions)
    times_named = Counter(d.name for d in distributions)
    for d in distributions:
        if times[d.name, d.marker] > 1 or (times_named[d.name] > 1 and not d.marker):
            yield d.line, f"{d.name} is locked more than once for the same environments"
        for parent in sorted(set(d.via) - names):
            yield (
                d.line,
                f"{d.name} is required by {parent}, which the lock does not hold. Run `make lock`",
            )


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0]
