"""When a graph that was read before may be used again."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from plinth.affected.git import Git
from plinth.affected.graph import Graph, Node
from plinth.affected.inputs import Inputs, Settings
from plinth.affected.kept import Doubt, Kept, Tree, doubts, working_tree

GRAPH = Graph(
    {
        node.spec: node
        for node in (
            Node("src/a.py", "python_source", "src", file="src/a.py", python=True),
            Node("src/__init__.py", "python_source", "src", file="src/__init__.py", python=True),
            Node("src/data.csv:data", "file", "src", file="src/data.csv"),
            Node("lock.txt:lock", "_lockfile", "", file="lock.txt"),
            Node("src:image", "docker_image", "src", file="src/Dockerfile"),
            Node("//:reqs", "python_requirements", "", file="requirements.in"),
        )
    }
)
SETTINGS = Settings(("BUILD",), ("macros",), {"lock.txt": "default"}, "", (), ("plugins",))
FILES = {
    "src/a.py": "import json\n",
    "src/__init__.py": "",
    "src/data.csv": "1\n",
    "src/Dockerfile": "FROM scratch\n",
    "src/BUILD": "python_sources()\n",
    "lock.txt": "a==1\n",
    "requirements.in": "a\n",
    "macros": "",
    "pants.toml": "",
    "plugins/rules.py": "",
    "README.md": "Read me.\n",
    ".gitignore": "",
}


@pytest.fixture
def git(tmp_path: Path) -> Git:
    for path, text in FILES.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    commit(tmp_path, "init", "--quiet")
    commit(tmp_path, "add", ".")
    commit(tmp_path, "commit", "--quiet", "--message=first")
    return Git(tmp_path)


def commit(root: Path, *command: str) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@localhost")
    subprocess.run(("git", *who, *command), cwd=root, check=True)


def kept(git: Git) -> Kept:
    return Kept(tree_since(git, "HEAD"), GRAPH)


def tree_since(git: Git, since: str) -> Tree:
    return working_tree(git, git.difference(git.base(since)))


def left(git: Git, before: Kept, since: str = "HEAD") -> tuple[Doubt, ...] | None:
    return doubts(git, before, tree_since(git, since), Inputs(GRAPH, SETTINGS))


@pytest.mark.parametrize("path", ["src/data.csv", "lock.txt", "README.md"])
def test_what_says_nothing_of_dependencies_may_change(git: Git, path: str) -> None:
    before = kept(git)
    (git.root / path).write_text("other\n")
    assert left(git, before) == ()


def test_an_execute_bit_says_nothing_of_dependencies(git: Git) -> None:
    before = kept(git)
    (git.root / "src/a.py").chmod(0o755)
    assert left(git, before) == ()


def test_an_edited_module_leaves_the_question_what_it_imports(git: Git) -> None:
    before = kept(git)
    (git.root / "src/a.py").write_text("import os\n")
    assert left(git, before) == (Doubt("src/a.py", b"import json\n", b"import os\n"),)


@pytest.mark.parametrize(
    "path",
    [
        *("src/BUILD", "macros", "pants.toml", "requirements.in", "plugins/rules.py"),
        *("src/Dockerfile", ".gitignore", "src/__init__.py"),
    ],
)
def test_an_edit_of_what_shapes_the_graph_ends_it(git: Git, path: str) -> None:
    before = kept(git)
    (git.root / path).write_text("other\n")
    assert left(git, before) is None


@pytest.mark.parametrize("path", ["src/new.py", "src/new.csv", "BUILD"])
def test_a_new_file_ends_it(git: Git, path: str) -> None:
    before = kept(git)
    (git.root / path).write_text("")
    assert left(git, before) is None


def test_a_deleted_file_ends_it(git: Git) -> None:
    before = kept(git)
    (git.root / "src/a.py").unlink()
    assert left(git, before) is None


def test_a_file_that_becomes_a_link_ends_it(git: Git) -> None:
    before = kept(git)
    (git.root / "src/a.py").unlink()
    os.symlink("__init__.py", git.root / "src/a.py")
    assert left(git, before) is None


def test_a_link_that_leads_elsewhere_ends_it(git: Git) -> None:
    os.symlink("a.py", git.root / "src/b.py")
    before = kept(git)
    assert left(git, before) == ()
    (git.root / "src/b.py").unlink()
    os.symlink("c.py", git.root / "src/b.py")
    assert left(git, before) is None


def test_a_text_that_a_link_makes_a_module_of_is_one(git: Git) -> None:
    (git.root / "src/a.py").unlink()
    os.symlink("../README.md", git.root / "src/a.py")
    before = kept(git)
    (git.root / "README.md").write_text("import os\n")
    assert left(git, before) == (Doubt("README.md", b"Read me.\n", b"import os\n"),)


def test_an_undone_edit_counts_as_an_edit_back(git: Git) -> None:
    (git.root / "src/a.py").write_text("import os\n")
    before = kept(git)
    (git.root / "src/a.py").write_text("import json\n")
    assert left(git, before) == (Doubt("src/a.py", b"import os\n", b"import json\n"),)


def test_a_build_file_that_was_edited_before_and_is_still_so_changes_nothing(git: Git) -> None:
    (git.root / "src/BUILD").write_text("python_sources(tags=['x'])\n")
    before = kept(git)
    assert left(git, before) == ()
    (git.root / "src/BUILD").write_text(FILES["src/BUILD"])
    assert left(git, before) is None


def test_another_base_is_compared_with_the_commit_of_the_graph(git: Git) -> None:
    before = kept(git)
    (git.root / "src/a.py").write_text("import os\n")
    (git.root / "src/data.csv").write_text("2\n")
    commit(git.root, "commit", "--quiet", "--all", "--message=second")
    expected = (Doubt("src/a.py", b"import json\n", b"import os\n"),)
    assert left(git, before, "HEAD") == expected
    assert left(git, before, "HEAD~1") == expected
    assert left(git, kept(git), "HEAD~1") == ()


def test_a_commit_that_git_no_longer_has_ends_it(git: Git) -> None:
    assert left(git, Kept(Tree("0" * 40, {}, {}), GRAPH)) is None
