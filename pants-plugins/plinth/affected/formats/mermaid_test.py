from __future__ import annotations

import re
from dataclasses import replace

from hypothesis import given

from plinth.affected.formats import mermaid
from plinth.affected.formats.graph import graph_of
from plinth.affected.formats.samples import EMPTY, base_change
from plinth.affected.formats.strategies import answers
from plinth.affected.model import Answer, Chain, Change

_LINE = re.compile(
    r"flowchart LR"
    r"|  n\d+(\(\[|\[\[|\[|\()\"[A-Za-z0-9 /.,:_()#;-]*\"(\]\)|\]\]|\]|\))(:::(change|image|test))?"
    r"|  n\d+ --> n\d+"
    r"|  classDef \w+ stroke:#[0-9a-f]{6},stroke-width:2px"
)


def test_lambdas_on_a_changed_base_are_one_node() -> None:
    drawn = mermaid.render(graph_of(base_change(300)))
    assert '[["300 images in lambdas/"]]:::image' in drawn
    assert len(drawn.splitlines()) < 30


def test_many_changes_are_drawn_as_one_and_too_many_kinds_not_at_all() -> None:
    answer = base_change(2)
    changes = tuple(Change(f"src/f{number:03}.py", "edited") for number in range(200))
    image = answer.targets[0]

    def with_chains(*chains: Chain) -> str:
        targets = (replace(image, chains=chains),)
        return mermaid.render(graph_of(replace(answer, changes=changes, targets=targets)))

    drawn = with_chains(*(Chain(change, (change.path, image.target)) for change in changes))
    assert '(["200 changes"])' in drawn
    assert '["200 steps in src/"]' in drawn
    long = (f"{number}/x.py" for number in range(200))
    assert with_chains(Chain(changes[0], (*long, image.target))) == ""


def test_nothing_is_drawn_of_nothing() -> None:
    assert mermaid.render(graph_of(EMPTY)) == ""


@given(answers())
def test_a_file_name_is_a_label_and_nothing_else(answer: Answer) -> None:
    for line in mermaid.render(graph_of(answer)).splitlines():
        assert _LINE.fullmatch(line), line
