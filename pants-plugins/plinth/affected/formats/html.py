"""The answer as one page for a browser, which loads nothing."""

from __future__ import annotations

import base64
import hashlib
import json
import pkgutil
import re
from html import escape
from typing import Any

from plinth.affected.formats import text
from plinth.affected.formats.counts import headline
from plinth.affected.formats.graph import columns, folds, graph_of
from plinth.affected.formats.printable import printable
from plinth.affected.formats.readable import readable
from plinth.affected.formats.verdict import verdict
from plinth.affected.model import Answer


def render(answer: Answer) -> str:
    """The graph of what changed, what that reaches and why; as text where scripts are off."""
    told = readable(answer)
    style, script = _part("page.css"), _part("graph.js") + _part("list.js")
    parts = {
        "headline": escape(printable(headline(answer))),
        "verdict": escape(printable(verdict(told))),
        "style": style,
        "style-hash": _hash(style),
        "script": script,
        "script-hash": _hash(script),
        "data": _data(told),
        "text": escape(text.render(answer, explain=True, advice=False)),
    }
    # In one pass, so that a file name cannot ask for a part.
    return re.sub(r"{{([a-z-]+)}}", lambda found: parts[found.group(1)], _part("page.html"))


def _part(name: str) -> str:
    found = pkgutil.get_data(__name__, f"page/{name}")
    assert found is not None
    return found.decode()


def _hash(text: str) -> str:
    """How a content security policy names the one script or style that it lets in."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _data(answer: Answer) -> str:
    """JSON that stays inside its script element: without a `<`, and all of ASCII."""
    return json.dumps(_document(answer), separators=(",", ":")).replace("<", "\\u003c")


def _document(answer: Answer) -> dict[str, Any]:
    graph = graph_of(answer)
    placed = zip(graph.nodes, columns(graph), folds(graph))
    return {
        "everything": [printable(reason) for reason in answer.everything],
        "nodes": [
            {
                "role": node.role.value,
                "label": printable(node.label),
                "wave": node.wave,
                "column": column,
                "fold": fold,
            }
            for node, column, fold in placed
        ],
        "chains": graph.chains,
    }
