from __future__ import annotations

import json

from tools.support import load

plan = load("plan", "ci")


def pieces(*names: str) -> tuple[object, ...]:
    return tuple(plan.Piece(name, name) for name in names)


def lambdas(number: int) -> tuple[str, ...]:
    return tuple(f"lambdas/f{at:04}:image" for at in range(number))


def test_little_is_one_job() -> None:
    made = plan.plan(pieces("base:image", *lambdas(3)), frozenset({"base:image"}))

    assert [each.name for each in made.first] == ["base:image", *lambdas(3)]
    assert made.shards == ()


def test_much_is_shared_out_evenly_and_the_base_comes_first() -> None:
    made = plan.plan(pieces("base:image", *lambdas(1000)), frozenset({"base:image"}))

    assert [each.name for each in made.first] == ["base:image"]
    assert [each.name for shard in made.shards for each in shard] == [*lambdas(1000)]
    sizes = {len(shard) for shard in made.shards}
    assert max(sizes) <= plan.WORTH_A_JOB
    assert max(sizes) - min(sizes) <= 1


def test_an_image_and_its_tests_are_neighbours() -> None:
    names = ("lambdas/b:container", "lambdas/a:image", "lambdas/b:image", "lambdas/a:container")
    made = plan.plan(pieces(*names, *(f"z{at:03}" for at in range(44))), frozenset())

    assert [each.name for each in made.shards[0][:4]] == sorted(names)


def test_a_matrix_has_no_more_jobs_than_github_takes() -> None:
    made = plan.plan(pieces(*lambdas(20_000)), frozenset())

    assert len(made.shards) == plan.MOST_JOBS
    assert sum(len(shard) for shard in made.shards) == 20_000


def test_the_outputs_are_a_line_each_whatever_a_file_is_called() -> None:
    strange = 'a\n"$(x)":image'
    waves = f"wave-1={json.dumps({'include': [{'name': strange, 'specs': strange}]})}\n"
    first, shards = plan.outputs(plan.plan(tuple(plan.pieces(waves)), frozenset()))

    assert json.loads(first.removeprefix("first=")) == {"specs": strange}
    assert "\n" not in first
    assert shards == "shards="


def test_nothing_affected_is_nothing_to_do() -> None:
    outputs = tuple(plan.outputs(plan.plan((), frozenset())))

    assert outputs == ('first={"specs": ""}', "shards=")


def test_a_base_is_an_image_that_an_affected_image_stands_on() -> None:
    targets = [
        {"address": "base:image", "kind": "image"},
        {"address": "a:image", "kind": "image"},
        {"address": "a:tests", "kind": "container_test"},
    ]
    edges = [["base:image", "a:image"], ["a:image", "a:tests"]]

    assert plan.stood_on({"targets": targets, "edges": edges}) == {"base:image"}
