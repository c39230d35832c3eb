from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from workflows.policy import Workflow, read, violations

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = read(ROOT)
BY_NAME = {Path(each.name).stem: each for each in WORKFLOWS}


def test_the_workflows_are_those_that_the_documentation_names() -> None:
    assert set(BY_NAME) == {"action", "pull-request", "merge", "promote", "rollback"} | {
        *("nightly", "lock")
    }


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda each: each.name)
def test_a_workflow_keeps_to_the_policy(workflow: Workflow) -> None:
    assert violations(workflow) == ()


def test_every_script_is_there_and_every_one_is_called() -> None:
    steps = {path.name for path in (ROOT / "ci/steps").iterdir()} - {"environment"}
    called = {Path(script).name for each in WORKFLOWS for script in each.scripts}

    assert called == steps
    assert all(os.access(ROOT / "ci/steps" / name, os.X_OK) for name in steps)


def test_the_required_check_waits_for_all_that_decides() -> None:
    jobs = BY_NAME["pull-request"].jobs

    # A comment that could not be written is no reason to hold a change back.
    assert {*jobs["required"]["needs"]} == {*jobs} - {"required", "comment"}
    assert jobs["required"]["if"] == "always()"


def edited(name: str, old: str, new: str) -> Workflow:
    workflow = BY_NAME[name]
    assert old in workflow.text
    return Workflow(workflow.name, workflow.text.replace(old, new, 1))


PULL_REQUEST = "pull-request"
OPENED = "    permissions:\n      contents: read # the checkout\n    outputs:"
CASES = (
    (PULL_REQUEST, "  pull_request:\n", "  pull_request_target:\n", "main's rights"),
    (PULL_REQUEST, "  merge_group:\n", "  merge_group:\n  push:\n", "what has rights"),
    (PULL_REQUEST, "permissions: {}\n", "permissions: read-all\n", "as a whole has rights"),
    (PULL_REQUEST, OPENED, "    outputs:", "does not list its rights"),
    (PULL_REQUEST, OPENED, OPENED.replace("contents: read", "contents: write"), "the repository"),
    (PULL_REQUEST, OPENED, OPENED.replace("contents: read", "id-token: write"), "take a role"),
    (PULL_REQUEST, OPENED, OPENED.replace("contents: read", "packages: write"), "than a comment"),
    (PULL_REQUEST, "github.token", "secrets.TOKEN", "names a secret"),
    (PULL_REQUEST, "    outputs:", "    environment: dev\n    outputs:", "has an environment"),
    (PULL_REQUEST, "runs-on: ubuntu-24.04", "runs-on: [self-hosted]", "a machine of ours"),
    (PULL_REQUEST, "head.repo.full_name ==", "head.repo.full_name !=", "for a fork too"),
    (PULL_REQUEST, "ref: ${{ github.event.pull_request.base.sha }}", "fetch-depth: 1", "reviewed"),
    (PULL_REQUEST, "REMOTE_CACHE_MODE: read", "REMOTE_CACHE_MODE: write", "only read the remote"),
    (PULL_REQUEST, "persist-credentials: false", "clean: true", "token on the disk"),
    (PULL_REQUEST, "run: ci/steps/lint", "run: ci/lint && curl x", "no script of ci/steps"),
    (PULL_REQUEST, "group: pull-request-", "cancel: ", "two runs"),
    ("action", "actions/cache/restore@", "actions/cache@", "saves wherever it runs"),
    ("action", "python-version: |", "cache: pip\n        python-version: |", "cache of its own"),
    ("merge", "    branches: [main]\n", "    branches: ['*']\n", "something else than main"),
    ("merge", "    environment: release\n", "", "without an environment"),
    ("merge", "# v7.0.1", "", "which version"),
    ("promote", "role-to-assume", "AWS_SECRET_ACCESS_KEY", "long-lived key"),
)


@pytest.mark.parametrize(("name", "old", "new", "found"), CASES, ids=[case[3] for case in CASES])
def test_what_breaks_the_policy_is_found(name: str, old: str, new: str, found: str) -> None:
    assert any(found in each for each in violations(edited(name, old, new)))


def test_an_action_that_a_tag_names_is_found() -> None:
    text = BY_NAME["merge"].text
    broken = Workflow("merge.yml", re.sub(r"@[0-9a-f]{40}", "@v7", text, count=1))

    assert any("not pinned by a commit" in each for each in violations(broken))
