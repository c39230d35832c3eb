from __future__ import annotations

import pytest
from pants.backend.python import target_types_rules
from pants.backend.python.target_types import PythonSourcesGeneratorTarget, PythonSourceTarget
from pants.core.target_types import FilesGeneratorTarget, FileTarget
from pants.engine.rules import QueryRule
from pants.testutil.rule_runner import RuleRunner

from plinth.affected.model import Affected, Answer, Chain, Change, Kind
from plinth.affected.util_rules import unowned
from plinth.affected.util_rules.unowned import Unowned, UnownedRequest, without_effect

FILES = {
    "src/library/BUILD": "python_sources(sources=['a.py'])\n",
    "src/library/a.py": "",
    "src/library/forgotten.py": "",
    "src/library/notes.txt": "",
    "src/scripts/BUILD": "files(sources=['*.py'])\n",
    "src/scripts/b.py": "",
    "lambdas/hello/handler.py": "",
    "ci/tool.py": "",
}


@pytest.fixture
def runner() -> RuleRunner:
    runner = RuleRunner(
        rules=[
            *target_types_rules.rules(),
            *unowned.rules(),
            QueryRule(Unowned, [UnownedRequest]),
        ],
        target_types=[
            FilesGeneratorTarget,
            FileTarget,
            PythonSourcesGeneratorTarget,
            PythonSourceTarget,
        ],
    )
    runner.set_options(["--source-root-patterns=['src', 'lambdas']"])
    runner.write_files(FILES)
    return runner


def test_python_files_that_nobody_owns_are_found(runner: RuleRunner) -> None:
    asked = UnownedRequest((*(path for path in FILES if "BUILD" not in path), "src/deleted.py"))
    found = runner.request(Unowned, [asked]).paths
    # What is below no source root, such as a script of CI's, belongs to no image anyway.
    assert found == ("lambdas/hello/handler.py", "src/library/forgotten.py")


def test_only_what_is_no_reason_for_anything_is_asked_about() -> None:
    reason, other = Change("src/a.py", "edited"), Change("src/b.py", "new")
    target = Affected("lambdas/x:image", Kind.IMAGE, 0, (Chain(reason, ("lambdas/x:image",)),))
    answer = Answer("main", "0" * 40, (reason, other, Change("", "Pants")), (), (target,), ())
    assert without_effect(answer) == ("src/b.py",)
