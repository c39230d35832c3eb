"""The answer for programs: docs/affected.schema.json says what is where."""

from __future__ import annotations

import json
import re
from typing import Any

from plinth.affected.formats.counts import affected_images, affected_tests
from plinth.affected.model import Affected, Answer, Chain, Change

# Raised by whoever takes a field away or gives one another meaning. A new field leaves it.
VERSION = 1

_SURROGATE = re.compile("[\ud800-\udfff]")


def render(answer: Answer) -> str:
    """One JSON document with two spaces of indent."""
    text = json.dumps(_document(answer), indent=2, ensure_ascii=False)
    # A file name that is not UTF-8 has characters that no encoding holds; their escapes it can.
    return _SURROGATE.sub(lambda found: f"\\u{ord(found.group()):04x}", text) + "\n"


def _document(answer: Answer) -> dict[str, Any]:
    images, tests = affected_images(answer), affected_tests(answer)
    return {
        "version": VERSION,
        "since": answer.since,
        "base": answer.base or None,
        "everything": list(answer.everything),
        "images": {"affected": images, "all": images + answer.unaffected.images},
        "tests": {"affected": tests, "all": tests + answer.unaffected.tests},
        "changes": [_change(change) for change in answer.changes],
        "targets": [_target(target) for target in answer.targets],
        "edges": [list(edge) for edge in answer.edges],
    }


def _target(target: Affected) -> dict[str, Any]:
    return {
        "address": target.target,
        "kind": target.kind.name.lower(),
        "wave": target.wave + 1,
        "chains": [_chain(chain) for chain in target.chains],
    }


def _chain(chain: Chain) -> dict[str, Any]:
    return {"change": _change(chain.change), "steps": list(chain.steps)}


def _change(change: Change) -> dict[str, Any]:
    return {"path": change.path or None, "what": change.what}
