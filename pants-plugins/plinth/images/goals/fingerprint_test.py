from __future__ import annotations

import json
from pathlib import Path

import pytest
from pants.engine.internals.scheduler import ExecutionError
from pants.testutil.rule_runner import GoalRuleResult

from plinth.images.goals import fingerprint
from plinth.images.goals.fingerprint import FingerprintGoal
from plinth.images.testing.repository import OPTIONS, Repository, refuse_to_build
from plinth.images.testing.schema import problems

APP = "lambdas/app:image"


@pytest.fixture
def repository() -> Repository:
    repository = Repository(builder=refuse_to_build, more=fingerprint.rules())
    repository.reset()
    return repository


def run(repository: Repository, *args: str) -> GoalRuleResult:
    return repository.runner.run_goal_rule(
        FingerprintGoal,
        global_args=OPTIONS,
        args=args,
        env_inherit={"PATH", "PYENV_ROOT", "HOME"},
    )


def test_a_line_for_each_image_and_what_is_not_promised_beside_it(repository: Repository) -> None:
    found = run(repository, "::")

    assert found.exit_code == 0
    addresses = [line.split("  ")[1] for line in found.stdout.splitlines()]
    assert addresses == sorted(addresses)
    assert f"{repository.fingerprint(APP).value}  {APP}" in found.stdout.splitlines()
    assert "other:docker is not reproducible: other/Dockerfile.docker:2 RUN" in found.stderr


def test_the_json_document(repository: Repository) -> None:
    found = run(repository, "--format=json", "::")

    assert problems(found.stdout, "fingerprints.schema.json") == []
    assert found.stdout == run(repository, "--format=json", "::").stdout


def test_other_targets_are_passed_over(repository: Repository) -> None:
    found = run(repository, "src::")

    assert (found.exit_code, found.stdout) == (0, "")


def test_compare_names_the_part_that_differs(repository: Repository, tmp_path: Path) -> None:
    before = tmp_path / "before.json"
    run(repository, f"--output-file={before}", "--format=json", "::")
    assert run(repository, f"--compare={before}", "::") == GoalRuleResult(0, "", "")
    repository.write({"lambdas/app/data/in/a.txt": "b\n"})

    found = run(repository, f"--compare={before}", "::")

    assert found.exit_code == 1
    image, part = found.stdout.splitlines()
    assert image.startswith(f"{APP}: ")
    assert part.startswith("  file data/in/a.txt: 0644 sha256:")


def test_compare_looks_only_at_what_it_is_asked_about(
    repository: Repository, tmp_path: Path
) -> None:
    before = tmp_path / "before.json"
    run(repository, f"--output-file={before}", "--format=json", "::")
    document = json.loads(before.read_text())
    document["images"].append({**document["images"][0], "address": "gone:image"})
    before.write_text(json.dumps(document))
    repository.write({"lambdas/app/data/in/a.txt": "b\n"})

    found = run(repository, f"--compare={before}", "base::")

    assert (found.exit_code, found.stdout) == (1, "gone:image: removed\n")


@pytest.mark.parametrize("content", [None, b"\xff", b"{}"])
def test_a_file_that_cannot_be_compared_is_an_error_with_its_name(
    repository: Repository, tmp_path: Path, content: bytes | None
) -> None:
    before = tmp_path / "before.json"
    if content is not None:
        before.write_bytes(content)

    with pytest.raises(ExecutionError, match="before.json"):
        run(repository, f"--compare={before}", "::")
