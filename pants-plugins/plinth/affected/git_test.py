from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from plinth.affected.errors import AffectedError, NotKnown
from plinth.affected.git import ABSENT, Git


class Repository:
    """A git repository in a folder of its own, and what tests do to it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.git("init", "-q", "-b", "main")
        self.write("kept.py", "one line\nand another\nand a third\n")
        self.write("folder/README", "text")
        self.first = self.commit()

    def git(self, *args: str) -> str:
        identity = ("-c", "user.name=t", "-c", "user.email=t@localhost", "-c", "commit.gpgsign=no")
        command = ("git", *identity, *args)
        done = subprocess.run(command, cwd=self.root, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def write(self, path: str, content: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(content)

    def commit(self) -> str:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "because", "--allow-empty")
        return self.git("rev-parse", "HEAD")

    def changes(self, base: str = "") -> dict[str, str]:
        found = Git(self.root).difference(base or self.first)
        return {each.path: each.what for each in found.files}


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    return Repository(tmp_path)


def test_committed_staged_unstaged_and_untracked_files_count_alike(repository: Repository) -> None:
    repository.write("committed.py", "")
    repository.commit()
    repository.write("staged.py", "")
    repository.git("add", "staged.py")
    repository.write("kept.py", "edited\n")
    repository.write("new ü\n.py", "")
    assert repository.changes() == {
        "committed.py": "added",
        "kept.py": "edited",
        "new ü\n.py": "added",
        "staged.py": "added",
    }


def test_what_is_ignored_does_not_count(repository: Repository) -> None:
    repository.write(".gitignore", "dist/\n")
    repository.write("dist/out", "")
    assert set(repository.changes()) == {".gitignore"}


def test_an_edit_that_is_taken_back_is_none(repository: Repository) -> None:
    before = (repository.root / "kept.py").read_text()
    repository.write("kept.py", "x")
    repository.commit()
    repository.write("kept.py", before)
    assert repository.changes() == {}


def test_a_renamed_file_is_gone_at_one_place_and_new_at_the_other(repository: Repository) -> None:
    repository.git("mv", "kept.py", "moved.py")
    assert repository.changes() == {
        "kept.py": "renamed to moved.py",
        "moved.py": "renamed from kept.py",
    }


def test_modes_and_links_are_changes_of_their_own(repository: Repository) -> None:
    (repository.root / "kept.py").chmod(0o755)
    (repository.root / "folder/README").unlink()
    (repository.root / "folder/README").symlink_to("../kept.py")
    (repository.root / "link").symlink_to("folder")
    assert repository.changes() == {
        "folder/README": "mode 644 → symlink",
        "kept.py": "mode 644 → mode 755",
        "link": "added",
    }


def test_a_deleted_and_a_vanished_file_are_both_gone(repository: Repository) -> None:
    repository.git("rm", "-q", "kept.py")
    (repository.root / "folder/README").unlink()
    assert repository.changes() == {"folder/README": "deleted", "kept.py": "deleted"}
    assert all(each.deleted for each in Git(repository.root).difference(repository.first).files)


def test_paths_are_relative_to_a_build_root_below_the_repository(repository: Repository) -> None:
    repository.write("folder/new", "")
    repository.write("outside", "")
    git = Git(repository.root / "folder")
    assert [each.path for each in git.difference(repository.first).files] == ["new"]


def test_the_base_is_where_the_branches_parted(repository: Repository) -> None:
    repository.git("checkout", "-q", "-b", "feature")
    repository.write("feature.py", "")
    repository.commit()
    repository.git("checkout", "-q", "main")
    repository.write("main.py", "")
    repository.commit()
    repository.git("checkout", "-q", "feature")
    assert Git(repository.root).base("main") == repository.first
    assert Git(repository.root).base("HEAD~1") == repository.first


def test_histories_that_share_nothing_are_compared_as_they_are(repository: Repository) -> None:
    repository.git("checkout", "-q", "--orphan", "other")
    other = repository.commit()
    repository.git("checkout", "-q", "main")
    assert Git(repository.root).base("other") == other


def test_an_unknown_ref_is_an_error_that_says_what_to_do(repository: Repository) -> None:
    with pytest.raises(AffectedError, match=r"--affected-since=nowhere.*git fetch origin"):
        Git(repository.root).base("nowhere")


def test_a_commit_that_this_clone_lacks_is_not_known(repository: Repository) -> None:
    with pytest.raises(NotKnown, match="does not have the commit"):
        Git(repository.root).base("0" * 39 + "1")


def test_a_shallow_clone_says_how_to_be_exact(repository: Repository, tmp_path: Path) -> None:
    repository.git("checkout", "-q", "-b", "feature")
    repository.write("feature.py", "")
    repository.commit()
    repository.git("checkout", "-q", "main")
    repository.write("main.py", "")
    repository.commit()
    clone = tmp_path / "clone"
    source = f"file://{repository.root}"
    repository.git("clone", "-q", "--depth=1", "--no-single-branch", source, str(clone))
    for since in ("origin/feature", "origin/gone", repository.first):
        with pytest.raises(NotKnown, match="git fetch --unshallow"):
            Git(clone).base(since)


def test_outside_of_git_nothing_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(NotKnown, match="no git repository"):
        Git(tmp_path).base("HEAD")


def test_without_git_nothing_is_known(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(NotKnown, match="git cannot be started"):
        Git(repository.root).base("HEAD")


def test_a_merge_conflict_is_not_compared(repository: Repository) -> None:
    repository.git("checkout", "-q", "-b", "feature")
    repository.write("kept.py", "theirs\n")
    repository.commit()
    repository.git("checkout", "-q", "main")
    repository.write("kept.py", "ours\n")
    repository.commit()
    with pytest.raises(subprocess.CalledProcessError):
        repository.git("merge", "feature")
    with pytest.raises(NotKnown, match=r"kept.py: a merge conflict"):
        Git(repository.root).difference(repository.first)


def test_a_repository_inside_is_told_apart(repository: Repository) -> None:
    inside = repository.root / "inside"
    repository.git("init", "-q", str(inside))
    (inside / "BUILD").write_text("")
    (found,) = Git(repository.root).difference(repository.first).files
    assert found.is_repository


def test_a_name_that_is_not_utf8_is_not_known(repository: Repository) -> None:
    (repository.root / os.fsdecode(b"caf\xe9.py")).write_text("")
    with pytest.raises(NotKnown, match=r"caf.*not UTF-8"):
        Git(repository.root).difference(repository.first)


def test_an_option_is_no_ref(repository: Repository) -> None:
    for since in ("--all", "-q", ""):
        with pytest.raises(AffectedError, match="git knows no such commit"):
            Git(repository.root).base(since)


def test_an_added_file_was_absent(repository: Repository) -> None:
    repository.write("new", "")
    (found,) = Git(repository.root).difference(repository.first).files
    assert found.before == ABSENT
    assert found.added
