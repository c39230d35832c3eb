from __future__ import annotations

import pytest

from plinth.affected import graphs
from plinth.affected.graphs import REPOSITORY, graph, image, node, python
from plinth.affected.model import Change, Kind, Unaffected
from plinth.affected.reach import MAX_CHAINS, Cause, everything, needed_images, reach, unaffected

EDIT = Change("src/library/aws.py", "edited")


def cause(*targets: str, layers: tuple[str, ...] = (), change: Change = EDIT) -> Cause:
    return Cause(change, frozenset(targets), frozenset(layers))


def reached(*causes: Cause) -> dict[str, int]:
    """What is affected, with its wave."""
    return {each.target: each.wave for each in reach(REPOSITORY, causes)}


def test_a_base_comes_before_its_lambdas_and_an_image_before_its_container_test() -> None:
    assert reached(cause("src/library/aws.py", layers=("base:library",))) == {
        "base:image": 0,
        "lambdas/orders/handler_test.py:tests": 0,
        "src/library/aws_test.py:tests": 0,
        "lambdas/orders:image": 1,
        "lambdas/reports:image": 1,
        "lambdas/orders/container_test.py:tests": 2,
        "lambdas/reports/container_test.py:tests": 2,
    }


def test_a_layer_is_passed_only_by_a_change_of_what_it_holds() -> None:
    assert set(reached(cause("src/library/aws.py"))) == {
        "lambdas/orders/handler_test.py:tests",
        "src/library/aws_test.py:tests",
    }


def test_a_wave_counts_only_what_is_affected_itself() -> None:
    held = cause("lambdas/orders/handler.py", layers=("lambdas/orders:code",))
    assert reached(held)["lambdas/orders:image"] == 0
    assert reached(held)["lambdas/orders/container_test.py:tests"] == 1


def test_the_chain_is_the_shortest_way_from_the_change() -> None:
    targets = reach(REPOSITORY, [cause("src/library/aws.py", layers=("base:library",))])
    by_spec = {each.target: each for each in targets}
    assert str(by_spec["lambdas/orders:image"].chains[0]) == (
        "edited (src/library/aws.py) › src/library/aws.py › src/library:library › base:library "
        "› base:image › lambdas/orders:image"
    )


def test_each_change_is_one_reason_and_the_shortest_comes_first() -> None:
    near = cause("base:image", change=Change("base/Dockerfile", "edited"))
    far = cause("src/library/aws.py", layers=("base:library",))
    by_spec = {each.target: each for each in reach(REPOSITORY, [far, near])}
    chains = by_spec["base:image"].chains
    assert [chain.change.path for chain in chains] == ["base/Dockerfile", "src/library/aws.py"]


def test_reasons_are_bounded() -> None:
    many = [cause("base:image", change=Change(f"file{n}", "edited")) for n in range(99)]
    (found,) = (each for each in reach(REPOSITORY, many) if each.target == "base:image")
    assert len(found.chains) == MAX_CHAINS


def test_a_layer_that_no_dependency_leads_to_is_a_reason_by_itself() -> None:
    assert "lambdas/orders:image" in reached(
        cause("3rdparty#pytest", layers=("lambdas/orders:code",))
    )


def test_everything_is_all_images_and_tests_in_order() -> None:
    found = everything(REPOSITORY)
    assert {each.target for each in found} == {
        spec for spec, each in REPOSITORY.nodes.items() if each.kind
    }
    assert [each.target for each in found if each.kind is Kind.IMAGE] == [
        "base:image",
        "lambdas/orders:image",
        "lambdas/reports:image",
    ]


def test_what_is_not_reached_is_counted() -> None:
    found = reach(REPOSITORY, [cause("src/library/aws.py")])
    assert unaffected(REPOSITORY, found) == Unaffected(images=3, tests=3)


def test_an_image_through_another_is_not_needed_directly() -> None:
    of = graph(image("a"), image("b", "a"), node("between", "b"), image("c", "between"))
    assert needed_images(of, ["a", "b", "c"]) == {"a": (), "b": ("a",), "c": ("b",)}
    assert needed_images(of, ["a", "c"]) == {"a": (), "c": ("a",)}


@pytest.mark.parametrize("start", ["one.py", "two.py"])
def test_files_that_import_each_other_end_the_search(start: str) -> None:
    of = graph(
        python("one.py", "two.py"), python("two.py", "one.py"), graphs.unit_test("t.py", "one.py")
    )
    assert [each.target for each in reach(of, [cause(start)])] == ["t.py:tests"]
