"""Each way in which Pants reads another tree than the commit's, and `git status` shows nothing."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from pants.core.util_rules import system_binaries
from pants.engine.rules import QueryRule
from pants.option.options_bootstrapper import OptionsBootstrapper
from pants.testutil.rule_runner import RuleRunner
from pants.util.contextutil import pushd

from plinth.git.rules import rules as git_rules
from plinth.git.tree import EDITED, EXECUTE_BIT, KIND, MISSING, RELINKED, UNKNOWN
from plinth.git.util_rules.commit import Commit, CommitRequest

FILES = {
    ".gitattributes": "* text=auto eol=lf\n*.gpg binary\n",
    ".gitignore": "/.pants.d/\n/dist/\n__pycache__/\n/.pids/\n.*.rc\n",
    ".hidden/steps.txt": "one\n",
    "keys.gpg": "a\r\nb",
    "pants.toml": '[source]\nroot_patterns = ["src"]\n',
    "settings/ci.toml": '[source]\nroot_patterns = ["src", "lib"]\n',
    "src/run.sh": "#!/bin/sh\n",
    "src/names.py": "NAME = 1\n",
}
SOURCE = "src/names.py"


class Runner(RuleRunner):
    """With the configuration files that a user's Pants reads."""

    def create_options_bootstrapper(
        self, args: Iterable[str], env: Mapping[str, str] | None
    ) -> OptionsBootstrapper:
        with pushd(self.build_root):
            return OptionsBootstrapper.create(
                env=env or {}, args=("./pants", *args), allow_pantsrc=True
            )


@dataclass(frozen=True)
class Tree:
    """A repository with one commit, on a disk and with a configuration that a test may spoil."""

    runner: Runner

    @property
    def root(self) -> Path:
        return Path(self.runner.build_root)

    def git(self, *arguments: str) -> str:
        identity = ("-c", "user.name=a", "-c", "user.email=a@b.example")
        return subprocess.run(
            ("git", *identity, *arguments),
            cwd=self.root,
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    def write(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode())

    def commit(self, *args: str, **env: str) -> Commit:
        """As a new run of Pants, that heard of all edits, reads it."""
        self.runner.set_options(args, env=env, env_inherit={"HOME", "PATH"})
        self.runner.scheduler.invalidate_files({*_paths(self.root)})
        return self.runner.request(Commit, [CommitRequest("main")])

    def found(self) -> list[tuple[str, str]]:
        return [(each.path, each.what) for each in self.commit().differences]


def _paths(root: Path) -> Iterator[str]:
    for folder, folders, names in os.walk(root):
        for name in (*folders, *names, ""):
            yield os.path.normpath(os.path.join(os.path.relpath(folder, root), name))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder without anybody's settings."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.fixture
def tree(home: Path) -> Tree:
    made = Tree(
        Runner(
            rules=[*git_rules(), *system_binaries.rules(), QueryRule(Commit, [CommitRequest])],
        )
    )
    for path, text in FILES.items():
        made.write(path, text)
    (made.root / "src/run.sh").chmod(0o755)
    made.git("init", "--quiet", "--initial-branch=main")
    made.git("add", "--all")
    made.git("commit", "--quiet", "--message=one")
    assert made.found() == []
    return made


def skip_worktree(tree: Tree) -> None:
    tree.git("update-index", "--skip-worktree", SOURCE)
    tree.write(SOURCE, "NAME = 2\n")


def assume_unchanged(tree: Tree) -> None:
    tree.git("update-index", "--assume-unchanged", SOURCE)
    tree.write(SOURCE, "NAME = 2\n")


def crlf_after_add(tree: Tree) -> None:
    tree.write(SOURCE, "NAME = 1\r\n")
    tree.git("add", SOURCE)


def crlf_by_info_attributes(tree: Tree) -> None:
    tree.write(".git/info/attributes", "*.py text eol=crlf\n")
    (tree.root / SOURCE).unlink()
    tree.git("checkout", "--", SOURCE)
    assert b"\r\n" in (tree.root / SOURCE).read_bytes()


def ignored_by_excludes_file(tree: Tree) -> None:
    tree.write("src/extra.py", "")
    tree.write(".git/excludes", "extra.py\n")
    tree.git("config", "core.excludesFile", str(tree.root / ".git/excludes"))


def ignored_by_info_exclude(tree: Tree) -> None:
    tree.write("src/extra.py", "")
    tree.write(".git/info/exclude", "extra.py\n")


def ignored_by_nested_gitignore(tree: Tree) -> None:
    tree.write("src/.gitignore", "extra.py\n")
    tree.git("add", "--all")
    tree.git("commit", "--quiet", "--message=two")
    tree.write("src/extra.py", "")


def skipped_and_gone(tree: Tree) -> None:
    tree.git("update-index", "--skip-worktree", SOURCE)
    (tree.root / SOURCE).unlink()


OTHER = '[source]\nroot_patterns = ["lib"]\n'


def pants_rc(tree: Tree) -> None:
    tree.write(".git/info/exclude", "pants.rc\n")
    tree.write("pants.rc", OTHER)


HIDDEN = {
    "skip-worktree": (skip_worktree, SOURCE, EDITED, "--no-skip-worktree"),
    "skip-worktree, gone": (skipped_and_gone, SOURCE, MISSING, "--no-skip-worktree"),
    "assume-unchanged": (assume_unchanged, SOURCE, EDITED, "--no-assume-unchanged"),
    "CRLF after git add": (crlf_after_add, SOURCE, EDITED, ""),
    "CRLF by .git/info/attributes": (crlf_by_info_attributes, SOURCE, EDITED, ""),
    "core.excludesFile": (ignored_by_excludes_file, "src/extra.py", UNKNOWN, "excludes:1"),
    ".git/info/exclude": (ignored_by_info_exclude, "src/extra.py", UNKNOWN, "info/exclude:1"),
    "nested .gitignore": (ignored_by_nested_gitignore, "src/extra.py", UNKNOWN, "src/.gitignore:1"),
    "an ignored rc file": (pants_rc, "pants.rc", UNKNOWN, "info/exclude:1"),
}


@pytest.mark.parametrize("case", HIDDEN)
def test_what_git_does_not_show_is_named(tree: Tree, case: str) -> None:
    spoil, path, what, why = HIDDEN[case]
    spoil(tree)
    assert tree.git("status", "--porcelain") == ""

    commit = tree.commit()

    (found,) = commit.differences
    assert (found.path, found.what) == (path, what)
    assert why in found.why
    assert commit.objection is not None
    assert f"{path}: {what}" in commit.objection


def edited(tree: Tree) -> None:
    tree.write(SOURCE, "NAME = 2\n")


def staged(tree: Tree) -> None:
    tree.write(SOURCE, "NAME = 2\n")
    tree.git("add", SOURCE)


def new(tree: Tree) -> None:
    tree.write("src/new.py", "")


def gone(tree: Tree) -> None:
    (tree.root / SOURCE).unlink()


def execute_bit(tree: Tree) -> None:
    (tree.root / SOURCE).chmod(0o755)


def hidden_from_pants(tree: Tree) -> None:
    tree.write(".hidden/steps.txt", "two\n")


def link_for_a_file(tree: Tree) -> None:
    (tree.root / "src/run.sh").unlink()
    (tree.root / "src/run.sh").symlink_to("names.py")


SHOWN = {
    "edited": (edited, [(SOURCE, EDITED)]),
    "staged": (staged, [(SOURCE, EDITED)]),
    "new": (new, [("src/new.py", UNKNOWN)]),
    "gone": (gone, [(SOURCE, MISSING)]),
    "execute bit": (execute_bit, [(SOURCE, EXECUTE_BIT)]),
    "hidden from Pants": (hidden_from_pants, [(".hidden/steps.txt", EDITED)]),
    "a link for a file": (
        link_for_a_file,
        [("src/run.sh", EXECUTE_BIT), ("src/run.sh", EDITED)],
    ),
}


@pytest.mark.parametrize("case", SHOWN)
def test_what_git_shows_is_named_too(tree: Tree, case: str) -> None:
    spoil, found = SHOWN[case]
    spoil(tree)
    assert tree.found() == found


def test_the_disk_s_execute_bits_do_not_count_where_git_does_not_trust_them(tree: Tree) -> None:
    tree.git("config", "core.fileMode", "false")
    (tree.root / SOURCE).chmod(0o755)
    (tree.root / "src/run.sh").chmod(0o644)
    assert tree.git("status", "--porcelain") == ""
    assert tree.found() == []
    tree.git("update-index", "--chmod=+x", SOURCE)
    assert tree.found() == [(SOURCE, EXECUTE_BIT)]


def test_links_are_read_as_the_commit_has_them(tree: Tree) -> None:
    (tree.root / "lib").symlink_to("src")
    (tree.root / "one.py").symlink_to("lib/names.py")
    tree.git("add", "--all")
    tree.git("commit", "--quiet", "--message=two")
    assert tree.found() == []
    (tree.root / "one.py").unlink()
    (tree.root / "one.py").symlink_to("src/names.py")
    assert tree.found() == [("one.py", RELINKED)]
    (tree.root / "one.py").unlink()
    tree.write("one.py", FILES[SOURCE])
    assert tree.found() == [("one.py", KIND)]


def test_a_submodule_is_compared_with_the_commit_that_is_named(tree: Tree, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    tree.git("init", "--quiet", str(other))
    (other / "file.txt").write_text("one\n")
    tree.git("-C", str(other), "add", "--all")
    tree.git("-C", str(other), "commit", "--quiet", "--message=one")
    allow = ("-c", "protocol.file.allow=always")
    tree.git(*allow, "submodule", "--quiet", "add", str(other), "vendored")
    tree.git("commit", "--quiet", "--message=two")
    assert tree.found() == []
    tree.write("vendored/file.txt", "two\n")
    tree.git("config", "diff.ignoreSubmodules", "all")
    assert tree.git("status", "--porcelain") == ""
    assert tree.found() == [("vendored/file.txt", EDITED)]


def test_it_is_found_in_a_folder_of_a_repository_and_with_ids_of_sha256(tree: Tree) -> None:
    tree.git("rm", "-r", "--quiet", "--cached", ".")
    (tree.root / ".git").rename(tree.root / ".hidden/git")
    tree.git("init", "--quiet", "--initial-branch=main", "--object-format=sha256")
    tree.git("add", "--all", ":!.hidden/git")
    tree.git("commit", "--quiet", "--message=one")
    assert len(tree.commit().id) == 64
    assert tree.found() == []
    edited(tree)
    assert tree.found() == [(SOURCE, EDITED)]


def test_another_option_is_named_with_what_sets_it(tree: Tree, home: Path, tmp_path: Path) -> None:
    option = "[source].root_patterns is set by"

    def assert_set_by(what: str, *args: str, **env: str) -> None:
        assert tree.commit(*args, **env).options == (f"{option} {what}",)

    assert tree.commit().objection is None
    assert_set_by("the command line", "--source-root-patterns=['lib']")
    assert_set_by("the environment", PANTS_SOURCE_ROOT_PATTERNS="['lib']")
    (tree.root / ".pants.rc").write_text(OTHER)
    assert_set_by(".pants.rc, which the commit does not have")
    (tree.root / ".pants.rc").unlink()
    (home / ".pants.rc").write_text(OTHER)
    assert_set_by(f"{home}/.pants.rc, which the commit does not have")
    (home / ".pants.rc").unlink()
    elsewhere = tmp_path / "elsewhere.toml"
    elsewhere.write_text(OTHER)
    assert_set_by(
        f"{elsewhere}, which the commit does not have", PANTS_CONFIG_FILES=f"['{elsewhere}']"
    )


def test_options_alone_are_an_objection(tree: Tree) -> None:
    objection = tree.commit("--source-root-patterns=['lib']").objection
    assert objection is not None
    assert objection.startswith("the options are not those of commit ")
    assert "([source].root_patterns is set by the command line)" in objection


def test_a_configuration_file_of_the_commit_may_be_added(tree: Tree) -> None:
    assert tree.commit(PANTS_CONFIG_FILES="['pants.toml', 'settings/ci.toml']").objection is None


def test_options_that_reach_no_image_are_free(tree: Tree, home: Path) -> None:
    (home / ".pants.rc").write_text('[GLOBAL]\nlevel = "debug"\nlocal_cache = false\n')
    commit = tree.commit("--no-dynamic-ui", "--tag=container", PANTS_PANTSD="false")
    assert commit.objection is None


@pytest.mark.parametrize(
    "option", ["pants-ignore=['src']", "no-pants-ignore-use-gitignore", "build-ignore=['src']"]
)
def test_what_pants_sees_is_the_commit_s_too(tree: Tree, option: str) -> None:
    name = option.partition("=")[0].replace("no-", "").replace("-", "_")
    assert tree.commit(f"--{option}").options == (f"[GLOBAL].{name} is set by the command line",)
