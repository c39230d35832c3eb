"""The verdict as SARIF 2.1.0, which GitHub's code scanning and many editors read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from plinth.guardrails.finding import Finding, Guard
from plinth.guardrails.judge import Verdict


def dump(verdict: Verdict, guards: Iterable[Guard]) -> str:
    """One run. What is allowed is in it as suppressed, with its reason."""
    results = [_result(each) for each in verdict.findings]
    for finding, allowance in verdict.allowed:
        suppression = {"kind": "external", "justification": allowance.reason}
        results.append({**_result(finding), "suppressions": [suppression]})
    document = {
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "plinth", "rules": [_rule(each) for each in guards]}},
                "columnKind": "utf16CodeUnits",
                "results": results,
            }
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _rule(guard: Guard) -> dict[str, Any]:
    return {
        "id": guard.id,
        "shortDescription": {"text": guard.what},
        "fullDescription": {"text": guard.why},
        "defaultConfiguration": {"level": "error"},
    }


def _result(finding: Finding) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": finding.path}}
    if finding.line:
        place["region"] = {"startLine": finding.line}
    return {
        "ruleId": finding.guard,
        "level": "error",
        "message": {"text": f"{finding.what}. {finding.fix}"},
        "locations": [{"physicalLocation": place}],
        # Lines move; what is found stays the same.
        "partialFingerprints": {"plinth/v1": _identity(finding)},
    }


def _identity(finding: Finding) -> str:
    text = "\0".join((finding.guard, finding.path, finding.name))
    return hashlib.sha256(text.encode()).hexdigest()
