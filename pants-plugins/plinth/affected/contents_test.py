from __future__ import annotations

from dataclasses import replace

from plinth.affected.contents import Distributions, Layers
from plinth.affected.graphs import REPOSITORY, RESOLVE, function, graph, image, layer, requirement
from plinth.lockfile.compare import Requires
from plinth.lockfile.distribution import Distribution, Lock
from plinth.lockfile.environment import RUNTIME

LAYERS = Layers(REPOSITORY)


def distribution(name: str, *via: str) -> Distribution:
    return Distribution(name, "1", (), "", (f"sha256:{'0' * 64}",), via, () if via else ("r.in",))


LOCK = Lock(
    "lock.txt",
    tuple(
        distribution(*each)
        for each in (("boto3",), ("botocore", "boto3"), ("pyarrow",), ("requests",))
    ),
)


def held(spec: str, layers: Layers = LAYERS) -> set[str]:
    return set(Distributions(layers, RESOLVE, Requires(LOCK, RUNTIME)).held(spec))


def test_a_layer_holds_what_it_needs_less_what_the_base_carries() -> None:
    assert held("base:packages") == {"boto3", "botocore"}
    assert held("lambdas/orders:third_party") == set()
    assert held("lambdas/reports:third_party") == {"pyarrow", "requests"}


def test_code_and_packages_are_apart() -> None:
    assert held("base:library") == held("lambdas/reports:code") == set()
    assert LAYERS.first_party("base:packages") == frozenset()


def test_code_that_the_base_carries_is_not_in_a_lambda() -> None:
    assert "src/library/aws.py" in LAYERS.first_party("base:library")
    assert LAYERS.first_party("lambdas/orders:code") == {
        "lambdas/orders/handler.py",
        "lambdas/orders:code_sources",
    }


def test_another_version_below_does_not_count_as_carried() -> None:
    """The layers below hold nothing of another resolve."""
    other = replace(requirement("boto3"), spec="3rdparty/other#boto3")
    assert other.requirement
    other = replace(other, requirement=replace(other.requirement, resolve="other"))
    of = graph(
        other,
        requirement("boto3"),
        layer("base:packages", "3rdparty/other#boto3", content="packages"),
        image("base:image", "base:packages"),
        *function("orders", "3rdparty#boto3"),
    )
    assert held("lambdas/orders:third_party", Layers(of)) == {"boto3", "botocore"}


def test_a_requirement_means_nothing_to_a_layer_of_code() -> None:
    assert LAYERS.needing(frozenset({"3rdparty#requests"})) == {"lambdas/reports:third_party"}
    assert LAYERS.needing(frozenset({"src/library/arrow.py"})) == {
        "base:library",
        "lambdas/reports:code",
        "lambdas/reports:third_party",
    }


def test_what_the_runtime_does_not_get_is_not_held() -> None:
    of = graph(
        requirement("boto3", for_runtime=()),
        layer("packages", "3rdparty#boto3", content="packages"),
    )
    assert held("packages", Layers(of)) == set()
