"""Both workspaces say the graph that they were made from, each in its own words."""

from __future__ import annotations

import json
import re

from synthetic.graph import BASE, synthetic
from synthetic.node_workspace import NPM_LOCK, edit_npm_lock, node_workspace
from synthetic.plinth_workspace import (
    edit_build_file,
    images_in,
    plinth_workspace,
    taken_over,
)
from synthetic.sources import (
    LOCK,
    add_file,
    distribution,
    edit_code,
    edit_import,
    edit_lock,
    source_path,
)

GRAPH = synthetic(15, seed=0)
PLINTH, NODE = plinth_workspace(GRAPH), node_workspace(GRAPH)


def test_code_imports_what_the_graph_says() -> None:
    for name in (*GRAPH.modules, *GRAPH.lambdas):
        text = PLINTH[source_path(GRAPH, name)]
        assert set(re.findall("^import (.*)$", text, re.MULTILINE)) == {*GRAPH.needs[name]} - {BASE}


def test_packages_depend_on_what_the_graph_says() -> None:
    for path, text in NODE.items():
        package = json.loads(text) if path.endswith("/package.json") else {"name": ""}
        if package["name"] in GRAPH.needs:
            expected = {each.replace("dist_", "dist-") for each in GRAPH.needs[package["name"]]}
            assert set(package["dependencies"]) == expected


def test_both_locks_hold_the_edges() -> None:
    packages = json.loads(NODE[NPM_LOCK])["packages"]
    blocks = re.split(r"^(?=\S)", PLINTH[LOCK], flags=re.MULTILINE)[1:]
    via = {block.split("==")[0]: set(re.findall("#   (dist-.*)", block)) for block in blocks}
    assert set(via) == {distribution(each) for each in GRAPH.requirements}
    for name in GRAPH.requirements:
        needs = {distribution(each) for each in GRAPH.needs[name]}
        assert set(packages[f"node_modules/{distribution(name)}"]["dependencies"]) == needs
        assert {child for child, parents in via.items() if distribution(name) in parents} == needs


def test_every_edit_is_a_new_text_of_a_file_that_is_there() -> None:
    for make, name in (
        (edit_code, GRAPH.lambdas[0]),
        (edit_code, GRAPH.modules[0]),
        (edit_lock, GRAPH.requirements[3]),
        (edit_npm_lock, GRAPH.requirements[3]),
    ):
        one, two = make(GRAPH, name, 1), make(GRAPH, name, 2)
        assert len({NODE[one.path], one.text, two.text}) == 3
        assert one.truth == GRAPH.changed_by(name)


def test_another_import_is_of_a_module_that_is_there() -> None:
    found = re.findall("^import (.*)$", edit_import(GRAPH, GRAPH.lambdas[0], 3).text, re.MULTILINE)
    assert found[-1] in GRAPH.modules


def test_a_new_file_is_new_and_a_build_file_is_edited() -> None:
    name = GRAPH.lambdas[0]
    assert add_file(name, 1).path not in PLINTH
    edit = edit_build_file(GRAPH, name, 1)
    assert edit.text.startswith(PLINTH[edit.path].rstrip(")\n"))


def test_images_are_told_from_other_targets() -> None:
    targets = ["base:image", "lambdas/function_0000:image", "lambdas/function_0000:code"]
    assert images_in(targets) == {BASE, "function_0000"}


def test_plugins_come_without_their_tests_and_targets() -> None:
    assert taken_over("pants-plugins/plinth/oci/registry/push.py")
    assert not taken_over("pants-plugins/plinth/oci/registry/push_test.py")
    assert not taken_over("pants-plugins/plinth/oci/BUILD")
    assert not taken_over("lambdas/authorizer/handler.py")
