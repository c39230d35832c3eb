"""A document that is brought up to date is a fresh one; if it is not, `affected --check` finds it.

In a scratch copy of this repository. For the second, the update is broken in several places.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from monorepo.clone import Clone, Printed
from monorepo.edits import Edit, all_of, append, bump, replace

PLUGIN = "pants-plugins/plinth/affected"
MISTAKES = all_of(
    replace(f"{PLUGIN}/update.py", "_replaced(entry.given, old, edit.after)", "entry.given"),
    replace(f"{PLUGIN}/update.py", "self._layers(lock)", "pass"),
    replace(
        f"{PLUGIN}/util_rules/again.py",
        "specs = document.with_dependents(specs | redeclared(before, targets))",
        "specs |= redeclared(before, targets)",
    ),
)
# For each, an edit that it falls for, and what is wrong then.
FALLEN_FOR: list[tuple[Edit, str]] = [
    (append("lambdas/preview_data/handler_test.py", "\n# A comment.\n"), "handler_test.py:tests"),
    (bump("boto3"), "base:image"),
    (append("lambdas/docs/handler.py", "\nimport pyarrow\n"), "lambdas/docs:image"),
]


# After which Pants is asked again about some targets, and not about all.
ASKED_AGAIN: list[Edit] = [
    append("lambdas/docs/handler.py", "\nimport pyarrow\n"),
    append("lambdas/docs/BUILD", "# A comment.\n"),
    replace(
        "lambdas/authorizer/BUILD",
        "lambda_function(",
        'lambda_function(test_dependencies=["//src/ingestion/names.py"], ',
    ),
    append("src/ingestion/names.py", "\nimport ingestion.parallel\n"),
]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    made = Clone(tmp_path_factory.mktemp("clone"))
    try:
        yield made
    finally:
        made.close()


def check(clone: Clone) -> Printed:
    clone.affected("HEAD")
    return clone.pants("affected", "--check", f"--documents={clone.documents}")


def test_what_some_targets_were_asked_about_again_for_is_a_fresh_document(clone: Clone) -> None:
    """With one edit on top of the other, and with all put back at once."""
    clone.affected("HEAD")
    with clone.put_back():
        for edit in ASKED_AGAIN:
            edit(clone.root)
            printed = check(clone)
            assert (printed.stdout, printed.code) == ("", 0), printed.stderr
    printed = check(clone)
    assert (printed.stdout, printed.code) == ("", 0), printed.stderr


def test_the_check_finds_each_mistake_of_an_update(clone: Clone) -> None:
    clone.begin_with(MISTAKES)
    for edit, wrong in FALLEN_FOR:
        edit(clone.root)
        printed = check(clone)
        assert (printed.code, wrong in printed.stdout) == (1, True), printed
        clone.git("checkout", "--quiet", ".")
        # So that the next edit is looked at by itself.
        clone.affected("HEAD")
