"""Patterns of paths, as CODEOWNERS has them.

`/a/` and all below, `a/*` without what is deeper, `*.txt` anywhere. Source: GitHub's "About code
owners", "CODEOWNERS syntax".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache


def matches(path: str, pattern: str) -> bool:
    """Whether the pattern covers the file at `path` from the repository's root."""
    return _compiled(pattern).fullmatch(path) is not None


def matches_any(path: str, patterns: Iterable[str]) -> bool:
    return any(matches(path, pattern) for pattern in patterns)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    inner = pattern.strip("/")
    anchored = "/" in pattern.rstrip("/")
    text = "" if anchored else "(?:.*/)?"
    for part in re.findall(r"\*\*/|/\*\*$|\*\*|\*|\?|[^*?]+", inner):
        text += {
            "**/": "(?:.*/)?",
            "/**": "/.*",
            "**": ".*",
            "*": "[^/]*",
            "?": "[^/]",
        }.get(part, re.escape(part))
    if pattern.endswith("/"):
        text += "/.*"
    elif not inner.endswith("/*"):
        # A folder's name covers all that is in it.
        text += "(?:/.*)?"
    return re.compile(text)
