"""The answers of `./pants affected` in the states of git, and where documents come from."""

from __future__ import annotations

import json
import random
import subprocess
from pathlib import Path

import pytest

from monorepo.clone import Clone
from monorepo.edits import (
    LOCK,
    Edit,
    append,
    bump,
    changed,
    make_executable,
    reordered,
    write,
)
from monorepo.scenario import images, images_of

COMMENT = "\n# A comment.\n"
# None changes what needs what, so that the daemon need not ask again.
UPDATES: list[Edit] = [
    append("src/ingestion/names.py", COMMENT),
    append("lambdas/docs/handler.py", "\nNEW = 1\n"),
    append("lambdas/preview_data/handler_test.py", COMMENT),
    append("lambdas/conftest.py", COMMENT),
    append("tests/data/seattle_weather.csv", "\n"),
    make_executable("src/ingestion/store.py"),
    bump("boto3"),
    bump("requests"),
    changed(LOCK, reordered),
]


@pytest.mark.parametrize("seed", range(3))
def test_a_document_that_was_brought_up_to_date_is_a_fresh_one(clone: Clone, seed: int) -> None:
    """After edits one on top of the other. `make prove` does the same for many more."""
    with clone.put_back():
        clone.affected("HEAD")
        for edit in random.Random(seed).sample(UPDATES, 3):
            edit(clone.root)
            clone.affected("HEAD")
            printed = clone.pants("affected", "--check", f"--documents={clone.documents}")
            assert (printed.stdout, printed.code) == ("", 0), printed.stderr


def test_a_clone_without_documents_has_them_from_the_registry(clone: Clone, tmp_path: Path) -> None:
    """The registry on loopback, in a repository of the tests' own."""
    repository = "--repository=scratch/documents"
    with clone.put_back():
        shared = clone.pants("affected", "--share", repository)
        assert shared.code == 0, shared.stderr
        append("lambdas/docs/handler.py", COMMENT)(clone.root)
        refused = clone.pants("affected", "--share", repository)
        assert (refused.code, "not the tree of HEAD" in refused.stderr) == (1, True)
        elsewhere = f"--documents={tmp_path}"
        printed = clone.pants("affected", elsewhere, repository, "--format=json")
        assert "scratch folder" not in printed.stderr
        answer = json.loads(printed.stdout)
        assert (answer["everything"], images(answer)) == ([], {"lambdas/docs:image"})


def test_an_unknown_ref_is_an_error_and_no_empty_answer(clone: Clone) -> None:
    printed = clone.ask("nowhere")
    assert (printed.code, printed.stdout) == (1, "")
    assert "nowhere" in printed.stderr


def test_without_an_edit_nothing_is_affected(clone: Clone) -> None:
    answer = clone.affected("HEAD")
    assert (answer["base"], answer["changes"], answer["targets"]) == (clone.start, [], [])


def test_documents_are_kept_in_the_folder_that_is_named(clone: Clone) -> None:
    clone.affected("HEAD")
    assert list(clone.documents.glob("*.document"))


def test_an_edit_that_was_undone_is_none(clone: Clone) -> None:
    with clone.put_back():
        append("src/ingestion/names.py", "\n# A comment.\n")(clone.root)
        clone.commit()
        clone.git("checkout", "--quiet", clone.start, "--", "src/ingestion/names.py")
        assert clone.affected(clone.start)["targets"] == []


def test_what_is_committed_staged_unstaged_and_untracked_counts_together(clone: Clone) -> None:
    with clone.put_back():
        append("lambdas/docs/handler.py", COMMENT)(clone.root)
        clone.commit()
        append("lambdas/get_schema/handler.py", COMMENT)(clone.root)
        clone.git("add", "lambdas/get_schema/handler.py")
        append("lambdas/authorizer/handler.py", COMMENT)(clone.root)
        write("lambdas/preview_data/brand_new.py", "NEW = 1\n")(clone.root)
        assert images(clone.affected(clone.start)) == {
            f"lambdas/{name}:image" for name in ("authorizer", "docs", "get_schema", "preview_data")
        }


def test_what_another_branch_did_since_does_not_count(clone: Clone) -> None:
    with clone.put_back():
        other = clone.commit_elsewhere(append("src/ingestion/names.py", COMMENT))
        append("lambdas/docs/handler.py", COMMENT)(clone.root)
        clone.commit()
        answer = clone.affected(other)
        assert (answer["base"], images(answer)) == (clone.start, {"lambdas/docs:image"})


def test_without_a_common_commit_the_two_trees_are_compared(clone: Clone) -> None:
    with clone.put_back():
        tree = clone.git("rev-parse", "HEAD^{tree}")
        alone = clone.git("commit-tree", tree, "-m", "of no descent")
        append("lambdas/docs/handler.py", COMMENT)(clone.root)
        answer = clone.affected(alone)
        assert answer["everything"] or images(answer) == {"lambdas/docs:image"}


def test_in_a_shallow_clone_without_the_base_everything_is_affected(clone: Clone) -> None:
    shallow = clone.root / ".git/shallow"
    with clone.put_back():
        base = clone.start
        append("lambdas/docs/handler.py", COMMENT)(clone.root)
        shallow.write_text(f"{clone.commit()}\n")
        try:
            answer = clone.affected(base)
        finally:
            shallow.unlink()
        assert "shallow" in " ".join(answer["everything"])
        assert images(answer) == images_of(clone.root)


def test_a_merge_conflict_is_never_an_empty_answer(clone: Clone) -> None:
    with clone.put_back():
        path = "lambdas/docs/handler.py"
        theirs = clone.commit_elsewhere(append(path, "\n# Theirs.\n"))
        append(path, "\n# Ours.\n")(clone.root)
        clone.commit()
        merge = ("git", "-c", "user.name=x", "-c", "user.email=x@localhost", "merge", theirs)
        assert subprocess.run(merge, cwd=clone.root, capture_output=True).returncode != 0
        answer = clone.affected(clone.start)
        assert answer["everything"] or "lambdas/docs:image" in images(answer)


def test_a_build_file_that_does_not_parse_now_is_never_an_empty_answer(clone: Clone) -> None:
    with clone.put_back():
        append("lambdas/docs/BUILD", "\nfile(\n")(clone.root)
        printed = clone.ask("HEAD")
        assert "lambdas/docs/BUILD" in printed.stderr
        assert printed.code == 1 or json.loads(printed.stdout)["everything"]


def test_a_build_file_that_did_not_parse_reaches_its_targets(clone: Clone) -> None:
    with clone.put_back():
        answer = clone.affected(clone.before(append("lambdas/docs/BUILD", "\nfile(\n")))
        assert answer["everything"] or "lambdas/docs:image" in images(answer)


def test_without_git_it_is_an_error_or_everything(clone: Clone) -> None:
    away = clone.root.parent / "git-away"
    with clone.put_back():
        (clone.root / ".git").rename(away)
        try:
            printed = clone.ask("HEAD")
        finally:
            away.rename(clone.root / ".git")
        assert "git" in printed.stderr
        assert printed.code == 1 or json.loads(printed.stdout)["everything"]
