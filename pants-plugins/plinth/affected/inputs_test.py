from __future__ import annotations

import pytest

from plinth.affected.graphs import graph, node, python
from plinth.affected.inputs import Inputs, Settings

SETTINGS = Settings(
    build_patterns=("BUILD", "BUILD.*"),
    preludes=("macros/*.prelude",),
    resolves={"3rdparty/lock.txt": "default"},
    pytest_resolve="pytest",
    tools=("launcher", "tools/*", "!tools/lint.txt"),
    plugin_roots=("plugins",),
)
INPUTS = Inputs(
    graph(
        python("src/a.py"),
        node("debian", alias="debian_root", file="debian/lock.json"),
        node("image", alias="docker_image", file="base/Dockerfile"),
        node("in", alias="python_requirements", file="3rdparty/in.txt"),
        node("in:file", alias="_generator_sources_helper", file="3rdparty/in.txt"),
        node("poetry:file", alias="_generator_sources_helper", file="pyproject.toml"),
    ),
    SETTINGS,
)


@pytest.mark.parametrize(
    ("path", "is_it"),
    [
        ("plugins/plinth/oci/layer.py", True),
        ("plugins/plinth/page.html", True),
        ("plugins/plinth/fake_registry.py", True),
        ("plugins/plinth/oci/layer_test.py", False),
        ("plugins/conftest.py", False),
        ("plugins/README.md", False),
        ("plugins/plinth/BUILD", False),
        ("plugins_too/a.py", False),
        ("src/a.py", False),
    ],
)
def test_a_plugin_is_all_below_its_roots_but_tests_and_texts(path: str, is_it: bool) -> None:
    assert INPUTS.is_plugin(path) is is_it


def test_a_prelude_among_plugins_is_read_as_a_prelude() -> None:
    settings = Settings(("BUILD",), ("plugins/*.prelude",), {}, "", (), ("plugins",))
    inputs = Inputs(graph(), settings)
    assert inputs.is_prelude("plugins/function.prelude")
    assert not inputs.is_plugin("plugins/function.prelude")


def test_tools_are_what_the_globs_take_and_leave() -> None:
    assert INPUTS.is_tool("tools/build.txt")
    assert not INPUTS.is_tool("tools/lint.txt")
    assert not Inputs(graph(), Settings((), (), {}, "", (), ())).is_tool("tools/build.txt")


def test_only_pants_own_files_at_the_root_are_its_configuration() -> None:
    assert INPUTS.is_configuration("pants.toml")
    assert INPUTS.is_configuration("pants.ci.toml")
    assert not INPUTS.is_configuration("src/pants.toml")
    assert not INPUTS.is_configuration("pyproject.toml")


def test_targets_made_in_an_unknown_way_are_told_apart() -> None:
    assert INPUTS.is_requirements("3rdparty/in.txt")
    assert not INPUTS.requirements_of_another_kind("3rdparty/in.txt")
    assert INPUTS.requirements_of_another_kind("pyproject.toml")


@pytest.mark.parametrize(
    "path",
    [
        *("BUILD", "a/BUILD.more", "macros/a.prelude", "pants.toml", "launcher", "src/a.py"),
        *("3rdparty/lock.txt", "3rdparty/in.txt", "debian/lock.json", "base/Dockerfile"),
        *("src/__init__.py", "tests/pytest.ini"),
    ],
)
def test_what_means_more_than_its_bytes_is_read(path: str) -> None:
    assert INPUTS.has_meaning(path)


def test_other_files_are_not_read() -> None:
    assert not INPUTS.has_meaning("data/large.csv")
