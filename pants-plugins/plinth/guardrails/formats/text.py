"""The verdict for people: a finding is where, which guard, what, and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from plinth.guardrails.allowances import PATH
from plinth.guardrails.finding import Finding, Guard
from plinth.guardrails.judge import Verdict


def lines(verdict: Verdict, guards: Iterable[Guard]) -> Iterator[str]:
    by_id = {guard.id: guard for guard in guards}
    for finding in verdict.findings:
        yield f"{finding.where}: {finding.guard}: {finding.what}. {finding.fix}"
    yield from _why(verdict.findings, by_id)
    for finding, allowance in verdict.allowed:
        yield (
            f"{finding.where}: {finding.guard}: allowed by {PATH}:{allowance.line}: {finding.name}:"
            f" {allowance.reason}"
        )


def _why(findings: Iterable[Finding], by_id: Mapping[str, Guard]) -> Iterator[str]:
    """Once for each guard that found something."""
    for guard in sorted({finding.guard for finding in findings}):
        yield f"  {guard}: {by_id[guard].why}"
