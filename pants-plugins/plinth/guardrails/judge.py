"""What all guards find in a repository, less what is allowed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from plinth.guardrails.allowances import Allowance, parse_allowances, unused
from plinth.guardrails.finding import Finding, Guard
from plinth.guardrails.repository import Repository


@dataclass(frozen=True)
class Verdict:
    """`findings` are what must go; `allowed` what may stay, and by which allowance. Both sorted."""

    findings: tuple[Finding, ...]
    allowed: tuple[tuple[Finding, Allowance], ...] = ()


def judge(repository: Repository, guards: Iterable[Guard], allowances: str) -> Verdict:
    """`allowances` is the text of `guardrails.toml`, empty where there is none."""
    guards = tuple(guards)
    given = parse_allowances(allowances, {guard.id for guard in guards})
    findings: list[Finding] = list(given.problems)
    allowed: list[tuple[Finding, Allowance]] = []
    for finding in sorted({*_found(repository, guards)}):
        by = [each for each in given.found if each.covers(finding)]
        if by:
            allowed += [(finding, each) for each in by]
        else:
            findings.append(finding)
    needed = {allowance for _, allowance in allowed}
    findings += [unused(each) for each in given.found if each not in needed]
    return Verdict(tuple(sorted(findings)), tuple(allowed))


def _found(repository: Repository, guards: Iterable[Guard]) -> Iterator[Finding]:
    for guard in guards:
        yield from guard.findings(repository)
