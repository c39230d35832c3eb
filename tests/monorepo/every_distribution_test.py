"""Each distribution of this repository's lock, bumped: exactly the images that hold it are found.

What images hold is asked of the rules that make their layers, and what a bump reaches of
`affected`, which has its own way to tell.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import toml
from pants.core.util_rules import source_files
from pants.engine.addresses import Address
from pants.engine.internals.parametrize import Parametrize
from pants.engine.rules import QueryRule
from pants.testutil.rule_runner import RuleRunner

from monorepo.scratch import scratch_copy
from plinth.affected.contents import Layers
from plinth.affected.graph import Graph
from plinth.affected.locks import LockPair, python_lock_causes
from plinth.affected.model import Kind
from plinth.affected.reach import reach
from plinth.affected.util_rules.graph import RepositoryGraph
from plinth.affected.util_rules.testing import TARGET_TYPES, rules
from plinth.layers.util_rules import content, lock
from plinth.layers.util_rules.content import LayerContent, LayerContentRequest
from plinth.lockfile.distribution import Lock
from plinth.lockfile.parse import parse

LOCK, RESOLVE = "3rdparty/python/requirements.txt", "python-default"
# What this test's engine is told of the repository's own configuration.
OPTIONS = {
    "source": ("root_patterns",),
    "python": ("interpreter_constraints", "enable_resolves", "default_resolve"),
    "python-infer": ("use_rust_parser",),
}


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> RuleRunner:
    scratch = scratch_copy(tmp_path_factory.mktemp("repository")).root
    configured = toml.loads((scratch / "pants.toml").read_text())
    preludes = f"--build-file-prelude-globs={configured['GLOBAL']['build_file_prelude_globs']}"
    runner = RuleRunner(
        rules=[
            *rules(),
            *content.rules(),
            *lock.rules(),
            *source_files.rules(),
            QueryRule(RepositoryGraph, []),
            QueryRule(LayerContent, [LayerContentRequest]),
        ],
        target_types=TARGET_TYPES,
        objects={"parametrize": Parametrize},
        bootstrap_args=[preludes],
    )
    for path in scratch.rglob("*"):
        if path.is_file():
            copy = Path(runner.build_root, path.relative_to(scratch))
            copy.parent.mkdir(parents=True, exist_ok=True)
            path.rename(copy)
    runner.set_options(
        [
            preludes,
            f"--python-resolves={json.dumps(configured['python']['resolves'])}",
            *(
                f"--{scope}-{name.replace('_', '-')}={_argument(configured[scope][name])}"
                for scope, names in OPTIONS.items()
                for name in names
            ),
        ],
        env_inherit={"PATH"},
    )
    return runner


def _argument(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


@pytest.fixture(scope="module")
def graph(runner: RuleRunner) -> Graph:
    return runner.request(RepositoryGraph, []).graph


@pytest.fixture(scope="module")
def held(runner: RuleRunner, graph: Graph) -> dict[str, frozenset[str]]:
    """What each image holds, that of its base included, by the rules that make layers."""
    own = {}
    for spec, node in graph.nodes.items():
        if node.layer:
            folder, _, name = spec.partition(":")
            target = runner.get_target(Address(folder, target_name=name))
            found = runner.request(LayerContent, [LayerContentRequest(target)])
            own[spec] = {each.name for each in found.distributions}
    images = {s: n.dependencies for s, n in graph.nodes.items() if n.kind is Kind.IMAGE}
    base = frozenset().union(*(own.get(each, ()) for each in images["base:image"]))
    return {
        spec: base.union(*(own.get(each, ()) for each in dependencies))
        for spec, dependencies in images.items()
    }


def bumped(lock: Lock, name: str) -> Lock:
    changed = (replace(d, version="9999") if d.name == name else d for d in lock.distributions)
    return Lock(lock.path, tuple(changed))


def test_a_bump_of_any_locked_distribution_selects_exactly_the_images_that_hold_it(
    runner: RuleRunner, graph: Graph, held: dict[str, frozenset[str]]
) -> None:
    assert len(held) > 16
    assert not graph.unreadable
    locked = parse(Path(runner.build_root, LOCK).read_text(), LOCK)
    layers = Layers(graph)
    expected, found = {}, {}
    for name in sorted({each.name for each in locked.distributions}):
        causes = python_lock_causes(LockPair(LOCK, locked, bumped(locked, name)), RESOLVE, layers)
        expected[name] = {image for image, names in held.items() if name in names}
        found[name] = {each.target for each in reach(graph, causes) if each.kind is Kind.IMAGE}
    assert found == expected
    # The lock holds all three kinds, so that the equality above says something.
    sizes = {len(images) for images in expected.values()}
    assert {0, len(held)} < sizes
