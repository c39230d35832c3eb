"""The settings that gates rest on, compared with those that a repository has."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tools.support import PYTHON, ROOT, load, run, script

protection = load("protection", "ci")
WANTED = json.loads((ROOT / ".github/protection.json").read_text())
Answers = dict[str, Any]


def answers() -> Answers:
    """What GitHub says of a repository that is as wanted, with all that it says besides."""
    environment = {
        "deployment_branch_policy": {"protected_branches": True},
        "protection_rules": [{"type": "branch_policy"}, {"type": "required_reviewers"}],
    }
    rules = copy.deepcopy(WANTED["ruleset"])
    rules["rules"].append({"type": "required_signatures"})
    rules["rules"][2]["parameters"]["required_approving_review_count"] = 2
    checks = rules["rules"][3]["parameters"]["required_status_checks"]
    checks[:] = [{"context": "other"}, {"context": "required", "integration_id": 15368}]
    return {
        "rulesets": [{"id": 1, "name": "other"}, {"id": 7, "name": "main"}],
        "rulesets/7": {"id": 7, **rules},
        "actions/permissions": {**WANTED["actions/permissions"], "allowed_actions": "selected"},
        "actions/permissions/workflow": dict(WANTED["actions/permissions/workflow"]),
        **{f"environments/{name}": copy.deepcopy(environment) for name in WANTED["environments"]},
    }


def found(given: Answers) -> list[str]:
    return list(protection.differences(WANTED, given.get))


def test_a_repository_that_is_as_wanted_or_stricter_is_left_alone() -> None:
    assert found(answers()) == []


def rule(number: int, name: str, value: Any) -> Callable[[Answers], None]:
    def weaken(given: Answers) -> None:
        given["rulesets/7"]["rules"][number]["parameters"][name] = value

    return weaken


def setting(path: str, name: str, value: Any) -> Callable[[Answers], None]:
    return lambda given: given[path].update({name: value})


@pytest.mark.parametrize(
    ("weaken", "said"),
    [
        (lambda given: given.update(rulesets=[]), "ruleset main: there is none"),
        (setting("rulesets/7", "enforcement", "evaluate"), 'must be "active"'),
        (setting("rulesets/7", "bypass_actors", [{"actor_id": 5}]), "bypass_actors are"),
        (setting("rulesets/7", "conditions", {}), "~DEFAULT_BRANCH"),
        (lambda given: given["rulesets/7"]["rules"].pop(0), "there is no rule deletion"),
        (lambda given: given["rulesets/7"]["rules"].pop(1), "no rule non_fast_forward"),
        (rule(2, "required_approving_review_count", 0), "is 0, and must be at least 1"),
        (rule(2, "require_code_owner_review", False), "is false, and must be true"),
        (rule(2, "dismiss_stale_reviews_on_push", False), "dismiss_stale_reviews_on_push"),
        (rule(2, "require_last_push_approval", None), "require_last_push_approval is null"),
        (rule(3, "required_status_checks", [{"context": "x"}]), '"required"} is missing'),
        (setting("actions/permissions", "sha_pinning_required", False), "sha_pinning_required"),
        (
            setting("actions/permissions/workflow", "default_workflow_permissions", "write"),
            'is "write", and must be "read"',
        ),
        (lambda given: given.pop("environments/prod"), "environment prod: there is none"),
        (
            setting("environments/release", "deployment_branch_policy", None),
            "environment release: every branch may use it",
        ),
        (
            setting("environments/prod", "protection_rules", []),
            "environment prod: nobody must approve its use",
        ),
    ],
)
def test_what_is_weaker_is_named(weaken: Callable[[Answers], Any], said: str) -> None:
    given = answers()
    weaken(given)
    (difference,) = found(given)
    assert said in difference


def test_an_environment_without_reviewers_is_enough_for_dev() -> None:
    given = answers()
    given["environments/dev"]["protection_rules"] = []
    assert found(given) == []


def test_the_required_check_is_a_job() -> None:
    checks = WANTED["ruleset"]["rules"][3]["parameters"]["required_status_checks"]
    workflow = (ROOT / ".github/workflows/pull-request.yml").read_text()
    assert all(f"\n    name: {check['context']}\n" in workflow for check in checks)


def test_an_answer_that_does_not_come_is_no_answer(tmp_path: Path) -> None:
    command: list[str | Path] = [PYTHON, ROOT / "ci/protection.py", "owner/name"]
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin"}

    script(tmp_path / "gh", 'echo "gh: Bad credentials (HTTP 401)" >&2; exit 1')
    done = run(command, environment)
    assert (done.returncode, done.stdout) == (2, "")
    assert "HTTP 401" in done.stderr

    script(tmp_path / "gh", 'echo "gh: Not Found (HTTP 404)" >&2; exit 1')
    done = run(command, environment)
    assert done.returncode == 1
    assert "ruleset main: there is none" in done.stdout
