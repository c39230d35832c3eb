"""Edits must leave a repository that still builds, and be what they say they are."""

from __future__ import annotations

import random
import re
from collections import Counter
from pathlib import Path

import pytest
from proof.edits import EDITS, edit
from proof.lock_edits import add_edge, drop_from_platform, reverse_entries, reverse_hashes
from proof.source_edits import rename_handler, rename_module
from proof.tree import Tree

LOCK = """\
# made by make lock
alpha==1.0 \\
    --hash=sha256:a1 \\
    --hash=sha256:a2
    # via -r 3rdparty/python/requirements.in
beta[extra]==2.0 \\
    --hash=sha256:b1 \\
    --hash=sha256:b2
    # via
    #   alpha
    #   gamma
gamma==3.0 ; sys_platform == 'linux' \\
    --hash=sha256:c1
    # via alpha
"""
LOCK_PATH = "3rdparty/python/requirements.txt"


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    tree = Tree(tmp_path, random.Random(0))
    tree.write(LOCK_PATH, LOCK)
    return tree


def test_the_same_lock_in_another_order(tree: Tree) -> None:
    reverse_hashes(tree)
    assert tree.read(LOCK_PATH).index("sha256:a2 \\") < tree.read(LOCK_PATH).index("sha256:a1\n")
    reverse_entries(tree)
    text = tree.read(LOCK_PATH)
    assert Counter(text.replace(" \\", "").split()) == Counter(LOCK.replace(" \\", "").split())
    assert text.startswith("# made by")
    assert text.index("gamma==") < text.index("alpha==")


def test_only_what_others_require_is_kept_out_of_the_images(tree: Tree) -> None:
    assert drop_from_platform(tree) == "beta[extra] for Windows only"
    assert "beta[extra]==2.0 ; sys_platform == 'win32' \\\n" in tree.read(LOCK_PATH)


def test_an_edge_is_added_and_the_others_stay(tree: Tree) -> None:
    said = add_edge(tree)
    parent, _, child = said.split()
    entry = re.split(r"\n(?=[a-z])", tree.read(LOCK_PATH).split(f"\n{child}", 1)[1])[0]
    assert f"    # via\n    #   {parent}\n" in entry
    assert tree.read(LOCK_PATH).count("-r 3rdparty") == 1


def test_a_renamed_module_is_imported_by_its_new_name(tree: Tree) -> None:
    tree.write("src/ingestion/__init__.py", "")
    tree.write("src/ingestion/names.py", "X = 1\n")
    tree.write(
        "lambdas/one/handler.py",
        "from ingestion import (\n    errors,\n    names,\n)\nfrom ingestion.names import X\n\n"
        "names.X = errors.names\n",
    )
    new = rename_module(tree).split(" renamed to ")[1].split(".py")[0]
    assert (tree.root / f"src/ingestion/{new}.py").exists()
    assert tree.read("lambdas/one/handler.py") == (
        f"from ingestion import (\n    errors,\n    {new} as names,\n)\n"
        f"from ingestion.{new} import X\n\nnames.X = errors.names\n"
    )


def test_a_renamed_handler_is_named_by_its_build_file_and_test(tree: Tree) -> None:
    tree.write("lambdas/one/handler.py", "")
    tree.write("lambdas/one/BUILD", 'lambda_function(handler="one.handler:handler")\n')
    tree.write(
        "lambdas/one/handler_test.py", "from one import handler\nfrom one.handler import x\n"
    )
    rename_handler(tree)
    assert tree.read("lambdas/one/BUILD") == 'lambda_function(handler="one.entry:handler")\n'
    assert tree.read("lambdas/one/handler_test.py") == (
        "from one import entry as handler\nfrom one.entry import x\n"
    )


def test_a_seed_and_a_number_give_one_edit(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = {each: weight for each, weight in EDITS.items() if each.__name__.startswith("reverse")}
    monkeypatch.setattr("proof.edits.EDITS", kinds)
    done = []
    for _ in range(2):
        tree.write(LOCK_PATH, LOCK)
        done.append((edit(tree.root, 1, 7), tree.read(LOCK_PATH)))
    assert done[0] == done[1]
