from __future__ import annotations

from pathlib import Path

import pytest

from tools.support import load

documents = load("documents", "ci")

GOAL = 'class Affected(GoalSubsystem):\n    name = "affected"\n'


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "Makefile").write_text("demo:    ## it\n\t@true\n")
    for folder in ("docs", "pants-plugins", "ci"):
        (tmp_path / folder).mkdir()
    (tmp_path / "pants-plugins/goal.py").write_text(GOAL)
    (tmp_path / "docs/README.md").write_text("[a](a.md)\n")
    (tmp_path / "docs/a.md").write_text("# What is `refused`?\n")
    return tmp_path


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("[a](docs/a.md#what-is-refused), [b](https://example.org/none), [c](#x)", "#x"),
        ("[gone](docs/gone.md)", "leads to nothing"),
        ("[gone](docs/a.md#gone)", "leads to nothing"),
        ('<img src="docs/none.svg">', "leads to nothing"),
        ("`make demo` and `./pants affected --since=HEAD`", ""),
        ("$ ./pants --changed-since=x test   # make it so", ""),
        ("  $ make gone", "the Makefile has no gone"),
        ("`./pants gone ::`", "Pants has no goal gone"),
        ("`ci/gone --check`", "there is no ci/gone"),
        ("It will make nothing of a/pants.", ""),
    ],
)
def test_a_page_names_what_is_there(root: Path, line: str, wrong: str) -> None:
    (root / "page.md").write_text(f"{line}\n")
    found = list(documents.complaints(root, ["page.md"]))
    assert len(found) == bool(wrong), found
    assert all(each.startswith("page.md:1: ") and wrong in each for each in found)


def test_every_page_is_in_the_index(root: Path) -> None:
    pages = ["README.md", "docs/README.md", "docs/a.md", "docs/b.md", "docs/decisions/0001.md"]
    assert list(documents.unlisted(root, pages)) == ["docs/README.md: b.md is not listed"]
