from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from plinth.affected.git import Git
from plinth.affected.trees import Trees


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "clone"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    (root / "a.py").write_text("a\n")
    (root / "folder").mkdir()
    (root / "folder/b.py").write_text("b\n")
    commit(root)
    return root


def git(root: Path, *args: str) -> str:
    identity = ("-c", "user.name=t", "-c", "user.email=t@localhost", "-c", "commit.gpgsign=no")
    done = subprocess.run(
        ("git", *identity, *args), cwd=root, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def commit(root: Path) -> None:
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "because")


def trees(root: Path) -> Trees:
    return Trees(Git(root))


def test_a_state_has_the_tree_of_the_commit_that_will_be_made_of_it(root: Path) -> None:
    (root / "a.py").write_text("edited\n")
    (root / "new.py").write_text("new\n")
    (root / "folder/b.py").unlink()
    before = git(root, "status", "--porcelain"), git(root, "count-objects")
    state = trees(root).of_state()
    assert (git(root, "status", "--porcelain"), git(root, "count-objects")) == before
    commit(root)
    assert trees(root).of_commit("HEAD") == state


def test_a_commits_files_are_written_without_a_trace(root: Path, tmp_path: Path) -> None:
    (root / "a.py").write_text("edited\n")
    (root / "a.py").chmod(0o755)
    before = git(root, "status", "--porcelain")
    written = trees(root).write("HEAD", tmp_path / "scratch")
    assert (written / "a.py").read_text() == "a\n"
    assert not (written / "a.py").stat().st_mode & 0o100
    assert git(root, "status", "--porcelain") == before
    assert git(root, "worktree", "list").count("\n") == 0


def test_the_build_root_may_be_a_folder_of_the_repository(root: Path, tmp_path: Path) -> None:
    written = trees(root / "folder").write("HEAD", tmp_path / "scratch")
    assert (written / "b.py").read_text() == "b\n"


FILES = {"a.py": False, "folder/b.py": False}


def test_what_pants_reads_of_a_plain_clone_is_what_git_would_commit(root: Path) -> None:
    (root / "new.py").write_text("new\n")
    assert trees(root).unfaithful({**FILES, "new.py": False}) == ""


def test_a_file_that_git_ignores_and_pants_reads(root: Path) -> None:
    (root / ".git/info/exclude").write_text("hidden.py\n")
    (root / "hidden.py").write_text("x\n")
    assert "hidden.py" in trees(root).unfaithful({**FILES, "hidden.py": False})


def test_a_file_behind_a_link_is_what_git_has_behind_it(root: Path) -> None:
    (root / "linked").symlink_to("folder")
    assert trees(root).unfaithful({**FILES, "linked/b.py": False}) == ""


def test_a_file_that_git_ignores_behind_a_link(root: Path) -> None:
    (root / ".git/info/exclude").write_text("hidden\n")
    (root / "hidden").mkdir()
    (root / "hidden/c.py").write_text("x\n")
    (root / "linked").symlink_to("hidden")
    assert "linked/c.py" in trees(root).unfaithful({**FILES, "linked/c.py": False})


def test_a_file_outside_the_repository_behind_a_link(root: Path) -> None:
    (root.parent / "outside").mkdir()
    (root.parent / "outside/c.py").write_text("x\n")
    (root / "linked").symlink_to("../outside")
    assert "linked/c.py" in trees(root).unfaithful({**FILES, "linked/c.py": False})


@pytest.mark.parametrize("flag", ["--skip-worktree", "--assume-unchanged"])
def test_a_file_that_git_was_told_not_to_look_at(root: Path, flag: str) -> None:
    git(root, "update-index", flag, "a.py")
    assert "a.py" in trees(root).unfaithful(FILES)


def test_a_mode_that_git_was_told_not_to_look_at(root: Path) -> None:
    git(root, "config", "core.fileMode", "false")
    assert "a.py" in trees(root).unfaithful({**FILES, "a.py": True})


def test_line_ends_that_are_not_those_of_the_commit(root: Path) -> None:
    git(root, "config", "core.autocrlf", "true")
    (root / "a.py").write_bytes(b"a\r\n")
    git(root, "add", "a.py")
    assert "a.py" in trees(root).unfaithful(FILES)
