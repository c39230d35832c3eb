from __future__ import annotations

import pytest
from synthetic.graph import BASE, Graph, synthetic, typical

SMALL = Graph(
    lambdas=("one", "two"),
    modules=("upper", "lower", "carried"),
    requirements=("asked", "brought", "of_base"),
    needs={
        BASE: ("carried", "of_base"),
        "one": (BASE, "upper"),
        "two": (BASE, "asked"),
        "upper": ("lower",),
        "lower": (),
        "carried": (),
        "asked": ("brought",),
        "brought": (),
        "of_base": (),
    },
)


@pytest.mark.parametrize(
    ("edited", "images"),
    [
        ("one", {"one"}),
        ("upper", {"one"}),
        ("lower", {"one"}),
        ("asked", {"two"}),
        ("brought", {"two"}),
        ("carried", {BASE, "one", "two"}),
        ("of_base", {BASE, "one", "two"}),
    ],
)
def test_an_edit_changes_what_needs_it_and_the_base_changes_all(
    edited: str, images: set[str]
) -> None:
    assert SMALL.changed_by(edited) == images


@pytest.mark.parametrize("lambdas", [1, 15, 150])
def test_a_graph_has_the_sizes_that_were_asked_for(lambdas: int) -> None:
    graph = synthetic(lambdas, seed=0)
    assert len(graph.lambdas) == lambdas
    assert len(graph.modules) == max(1, lambdas // 3)
    assert len(graph.requirements) == 60


def test_a_seed_gives_one_graph() -> None:
    assert synthetic(15, seed=1) == synthetic(15, seed=1)
    assert synthetic(15, seed=1) != synthetic(15, seed=2)


def test_a_typical_edit_changes_about_the_share_that_was_asked_for() -> None:
    graph = synthetic(150, seed=0)
    name = typical(graph, graph.requirements, 0.09)
    assert 0.05 < len(graph.changed_by(name)) / len(graph.images) < 0.15
