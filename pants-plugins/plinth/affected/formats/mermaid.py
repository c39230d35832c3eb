"""The graph of an answer in Mermaid's language, as GitHub draws it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plinth.affected.formats.graph import Graph, Node, Role, folded_label, folds
from plinth.affected.formats.printable import printable

# Mermaid gives up above 500 edges or 50,000 characters, and people long before.
_MOST_NODES, _MOST_EDGES = 80, 240
_LONGEST_LABEL = 72

# The shape says what the colour does, for those who do not see it.
_SHAPES = {
    Role.CHANGE: ('(["', '"])'),
    Role.STEP: ('["', '"]'),
    Role.IMAGE: ('[["', '"]]'),
    Role.APPLICATION: ('[["', '"]]'),
    Role.TEST: ('("', '")'),
    Role.CONTAINER_TEST: ('("', '")'),
}
_STYLES = (
    "classDef change stroke:#bc4c00,stroke-width:2px",
    "classDef image stroke:#0969da,stroke-width:2px",
    "classDef test stroke:#1a7f37,stroke-width:2px",
)
_CLASSES = {
    Role.CHANGE: ":::change",
    Role.STEP: "",
    Role.IMAGE: ":::image",
    Role.APPLICATION: ":::image",
    Role.TEST: ":::test",
    Role.CONTAINER_TEST: ":::test",
}
# What Mermaid, Markdown and HTML all leave as it is.
_SPECIAL = re.compile(r"[^A-Za-z0-9 /.,:_()-]")


def render(graph: Graph) -> str:
    """A flowchart, "" where there is nothing to draw or too much for anybody to read.

    Nodes that are reached the same way are drawn as one; where that is not enough, so are all
    changes.
    """
    for changes_too in (False, True):
        places = folds(graph, changes_too=changes_too)
        edges = {(places[first], places[second]) for first, second in graph.edges}
        drawn = sorted({place for edge in edges for place in edge})
        if drawn and len(drawn) <= _MOST_NODES and len(edges) <= _MOST_EDGES:
            return "\n".join(("flowchart LR", *_lines(graph, places, drawn, sorted(edges)))) + "\n"
    return ""


def _lines(
    graph: Graph, places: tuple[int, ...], drawn: list[int], edges: list[tuple[int, int]]
) -> Iterator[str]:
    members: dict[int, list[Node]] = {}
    for place, node in zip(places, graph.nodes):
        members.setdefault(place, []).append(node)
    for place in drawn:
        role = graph.nodes[place].role
        opening, closing = _SHAPES[role]
        yield f"  n{place}{opening}{_label(members[place])}{closing}{_CLASSES[role]}"
    for first, second in edges:
        yield f"  n{first} --> n{second}"
    yield from (f"  {style}" for style in _STYLES)


def _label(nodes: list[Node]) -> str:
    text = printable(folded_label(nodes))
    if len(text) > _LONGEST_LABEL:
        half = _LONGEST_LABEL // 2
        text = f"{text[:half]}…{text[-half:]}"
    return _SPECIAL.sub(lambda found: f"#{ord(found.group())};", text)
