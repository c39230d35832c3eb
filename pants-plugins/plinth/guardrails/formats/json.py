"""The verdict for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from plinth.guardrails.finding import Finding, Guard
from plinth.guardrails.judge import Verdict


def dump(verdict: Verdict, guards: Iterable[Guard]) -> str:
    """A document of `findings` and of what is `allowed`; docs/guardrails.md names the keys."""
    why = {guard.id: guard.why for guard in guards}
    document = {
        "format": 1,
        "findings": [_entry(each, why[each.guard]) for each in verdict.findings],
        "allowed": [
            {**_entry(finding, why[finding.guard]), "reason": allowance.reason}
            for finding, allowance in verdict.allowed
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _entry(finding: Finding, why: str) -> dict[str, Any]:
    return {
        "guard": finding.guard,
        "path": finding.path,
        "line": finding.line or None,
        "name": finding.name,
        "what": finding.what,
        "why": why,
        "fix": finding.fix,
    }
