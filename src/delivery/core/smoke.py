"""Whether what a lambda answered to its smoke event is what is expected."""

from __future__ import annotations

from typing import Any

from delivery.core.config import Smoke


def unexpected(smoke: Smoke, answer: Any) -> str:
    """How the answer differs; empty when it holds what is expected."""
    return _differs(smoke.expect, answer, "the answer") if smoke.expect is not None else ""


def _differs(expected: Any, found: Any, where: str) -> str:
    if isinstance(expected, dict):
        if not isinstance(found, dict):
            return f"{where} is {found!r}, not an object"
        for key, value in expected.items():
            if key not in found:
                return f"{where} has no {key!r}"
            wrong = _differs(value, found[key], f"{where}.{key}")
            if wrong:
                return wrong
        return ""
    return "" if expected == found else f"{where} is {found!r}, not {expected!r}"
