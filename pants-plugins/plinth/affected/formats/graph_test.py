from __future__ import annotations

from dataclasses import replace

from hypothesis import given

from plinth.affected.formats.graph import (
    Graph,
    Node,
    Role,
    columns,
    folded_label,
    folds,
    graph_of,
)
from plinth.affected.formats.samples import base_change
from plinth.affected.formats.strategies import answers
from plinth.affected.model import Answer


def labels(graph: Graph, places: tuple[int, ...]) -> dict[str, int]:
    return {node.label: place for node, place in zip(graph.nodes, places)}


def test_the_graph_holds_each_step_once() -> None:
    graph = graph_of(base_change(2))
    edges = {(graph.nodes[first].label, graph.nodes[second].label) for first, second in graph.edges}
    assert ("base:image", "lambdas/fn_000:image") in edges
    assert ("3rdparty/python#boto3", "base:third_party") in edges
    assert len(graph.nodes) == len({node.label for node in graph.nodes}) == 12


def test_columns_go_from_changes_by_waves_of_images_to_tests() -> None:
    found = labels(graph := graph_of(base_change(2)), columns(graph))
    assert found["edited (src/ingestion/aws.py)"] == 0
    assert found["lambdas/fn_000:image"] == found["lambdas/fn_001:image"] == 4
    assert found["lambdas/fn_000:container_test"] == found["src/ingestion/aws_test.py:tests"] == 5


def test_images_stand_by_wave_where_everything_is_affected_and_no_chain_tells() -> None:
    answer = base_change(2)
    targets = tuple(replace(target, chains=()) for target in answer.targets)
    found = labels(
        graph := graph_of(replace(answer, everything=("so",), targets=targets)), columns(graph)
    )
    assert found["edited (src/ingestion/aws.py)"] == 0
    assert (found["base:image"], found["lambdas/fn_000:image"]) == (1, 2)
    assert found["lambdas/fn_000:container_test"] == found["src/ingestion/aws_test.py:tests"] == 3


def test_a_circle_of_modules_has_columns_too() -> None:
    nodes = tuple(Node(Role.STEP, label) for label in "abc")
    assert columns(Graph(nodes, ((0, 1, 2), (2, 1, 0)))) == (0, 1, 2)


def test_what_is_reached_the_same_way_is_drawn_as_one_and_so_is_what_that_reaches() -> None:
    graph = graph_of(base_change(300))
    places = folds(graph)
    groups = {
        folded_label([node for node, other in zip(graph.nodes, places) if other == place])
        for place in places
    }
    assert {"300 images in lambdas/", "300 container tests in lambdas/", "base:image"} <= groups
    assert len(groups) == 10


@given(answers())
def test_an_edge_leads_rightwards_unless_it_closes_a_circle(answer: Answer) -> None:
    graph = graph_of(answer)
    found = columns(graph)
    changes = [place for place, node in enumerate(graph.nodes) if node.role is Role.CHANGE]
    assert all(found[place] == 0 for place in changes)
    assert set(found) <= set(range(len(graph.nodes)))


@given(answers())
def test_only_equals_are_drawn_as_one(answer: Answer) -> None:
    graph = graph_of(answer)
    for place, first in enumerate(folds(graph)):
        node, other = graph.nodes[place], graph.nodes[first]
        assert (node.role, node.wave) == (other.role, other.wave)
        assert node.role is not Role.CHANGE or place == first
