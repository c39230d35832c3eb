"""The floors of the house: who may import whom, and where Pants may be imported."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from plinth.testing.modules import FOR_TESTS, production

# From the ground up. A package imports those below its floor, and not its neighbours.
FLOORS = (
    ("platform",),
    ("archive", "code", "git", "lockfile"),
    ("fingerprint", "oci"),
    ("debian",),
    ("layers",),
    ("images",),
    ("guardrails", "processes", "release"),
    ("sam",),
    ("affected",),
)
# The rooms of `oci` in the same way.
ROOMS = (("errors",), ("format",), ("dockerfile", "registry"), ("assemble", "publish"))
ROOM_OF = {name: number for number, floor in enumerate(ROOMS) for name in floor}
FLOOR_OF = {name: number for number, floor in enumerate(FLOORS) for name in floor}
# Where Pants is met. Everything else is values and bytes.
EDGE_FOLDERS = {"goals", "util_rules", "subsystems"}
EDGE_FILES = {
    "lambda_configuration",
    "lambda_targets",
    "register",
    "rules",
    "subsystem",
    "target_types",
}


def imported(source: str) -> Iterator[str]:
    """All names that a source imports, modules and what is in them."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def objections(module: str, source: str) -> list[str]:
    """What speaks against the imports of a module of Plinth, `oci.layout`."""
    package, *_ = steps = module.split(".")
    found = []
    for name in imported(source):
        root, *parts = name.split(".")
        if root == "pants" and not ({*steps[:-1]} & EDGE_FOLDERS or steps[-1] in EDGE_FILES):
            found.append(f"{module} imports {name}, and is no edge to Pants")
        if root != "plinth" or not parts:
            continue
        other = parts[0]
        if other != package and FLOOR_OF[other] >= FLOOR_OF[package]:
            found.append(f"{module} imports {name}, which is not on a floor below")
        in_oci = other == package == "oci" and parts[1] != steps[1]
        if in_oci and ROOM_OF[parts[1]] >= ROOM_OF[steps[1]]:
            found.append(f"{module} imports {name}, which is not in a room below")
        if FOR_TESTS & {*parts[1:]}:
            found.append(f"{module} imports {name}, which is for tests")
        if "goals" in parts[:-1] and steps[-1] != "rules" and "goals" not in steps:
            found.append(f"{module} imports {name}: goals are imported by nobody")
    return found


def test_every_package_has_a_floor() -> None:
    packages = {module.partition(".")[0] for module in production()}
    assert packages == {name for floor in FLOORS for name in floor}


def test_every_import_leads_down() -> None:
    modules = production()
    assert len(modules) > 150
    found = [line for name, path in modules.items() for line in objections(name, path.read_text())]
    assert found == []


@pytest.mark.parametrize(
    ("module", "source", "objection"),
    [
        ("lockfile.parse", "from plinth.layers.errors import LayerError", "a floor below"),
        ("release.diff", "import plinth.affected.compare", "a floor below"),
        ("oci.format.layout", "from plinth.oci.registry.client import A", "a room below"),
        ("oci.dockerfile.plan", "from plinth.oci.registry import client", "a room below"),
        ("lockfile.parse", "def f():\n    import pants.engine.rules", "no edge to Pants"),
        ("images.reach", "from plinth.images.goals.run import run", "imported by nobody"),
        ("release.make", "from plinth.oci.testing.fake_registry import Fake", "for tests"),
    ],
)
def test_an_import_that_is_turned_is_found(module: str, source: str, objection: str) -> None:
    (found,) = objections(module, source)
    assert objection in found
