"""What the workflows may do, above all with what comes from a fork. docs/ci.md has the why."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

# They run with the rights of the main branch for code or words of whoever comes along.
_DANGEROUS_EVENTS = {"pull_request_target", "workflow_run", "issue_comment", "issues", "discussion"}
_OF_PULL_REQUESTS = {"pull_request", "merge_group"}
_PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")
_STEP = re.compile(r"ci/steps/[a-z-]+")
_SAME_REPOSITORY = "github.event.pull_request.head.repo.full_name == github.repository"
_REVIEWED = "${{ github.event.pull_request.base.sha }}"


@dataclass(frozen=True)
class Workflow:
    """A workflow, or a composite action as one whose job is all of it."""

    name: str
    text: str

    @property
    def content(self) -> Mapping[str, Any]:
        found: Mapping[Any, Any] = yaml.safe_load(self.text)
        # YAML 1.1 reads the key `on` as true.
        return {"on" if key is True else str(key): value for key, value in found.items()}

    @property
    def events(self) -> set[str]:
        on = self.content.get("on", {})
        return {on} if isinstance(on, str) else set(on)

    @property
    def is_action(self) -> bool:
        return "runs" in self.content

    @property
    def jobs(self) -> Mapping[str, Mapping[str, Any]]:
        if self.is_action:
            return {"runs": self.content["runs"]}
        jobs: Mapping[str, Mapping[str, Any]] = self.content["jobs"]
        return jobs

    @property
    def steps(self) -> Iterator[Mapping[str, Any]]:
        for job in self.jobs.values():
            yield from job["steps"]

    @property
    def scripts(self) -> tuple[str, ...]:
        """What it runs, in order."""
        return tuple(step["run"] for step in self.steps if "run" in step)


def read(root: Path) -> tuple[Workflow, ...]:
    """Every workflow and action of the repository at `root`."""
    paths = sorted((root / ".github").glob("**/*.yml"))
    inside = (path for path in paths if path.parent.name == "workflows" or path.stem == "action")
    return tuple(Workflow(path.relative_to(root).as_posix(), path.read_text()) for path in inside)


def violations(workflow: Workflow) -> tuple[str, ...]:
    return tuple(f"{workflow.name}: {each}" for rule in RULES for each in rule(workflow))


def _permissions(workflow: Workflow) -> Iterator[str]:
    if workflow.is_action:
        return
    if workflow.content.get("permissions") != {}:
        yield "the workflow as a whole has rights: `permissions: {}`"
    for name, job in workflow.jobs.items():
        if not isinstance(job.get("permissions"), dict):
            yield f"job {name} does not list its rights"


def _events(workflow: Workflow) -> Iterator[str]:
    for event in sorted(workflow.events & _DANGEROUS_EVENTS):
        yield f"`{event}` runs with main's rights for what anybody sends"


def _pins(workflow: Workflow) -> Iterator[str]:
    for line in workflow.text.splitlines():
        used = re.match(r"\s*(?:- )?uses: (\S+)(.*)", line)
        if used and not used[1].startswith("$/"):
            if not _PINNED.fullmatch(used[1]):
                yield f"{used[1]} is not pinned by a commit"
            elif not re.fullmatch(r" # v\d+\.\d+\.\d+", used[2]):
                yield f"{used[1]} does not say which version that is"


def _scripts(workflow: Workflow) -> Iterator[str]:
    for script in workflow.scripts:
        if not _STEP.fullmatch(script):
            yield f"`{script}` is no script of ci/steps, which could be tried elsewhere"


def _checkouts(workflow: Workflow) -> Iterator[str]:
    for step in workflow.steps:
        is_checkout = step.get("uses", "").startswith("actions/checkout@")
        if is_checkout and step.get("with", {}).get("persist-credentials") is not False:
            yield "a checkout leaves its token on the disk"


def _caches(workflow: Workflow) -> Iterator[str]:
    """A release reads what main wrote, and nothing else can be there to read."""
    for step in workflow.steps:
        uses = step.get("uses", "")
        saves = uses.startswith("actions/cache/save@")
        if uses.startswith("actions/cache@"):
            yield "actions/cache saves wherever it runs: restore, or save, by its name"
        if saves and workflow.content["on"] != {"push": {"branches": ["main"]}}:
            yield "a cache is saved where something else than main may run"
        if any("cache" in name for name in step.get("with", {}) if "setup-" in uses):
            yield f"{uses} keeps a cache of its own"
    if workflow.events & _OF_PULL_REQUESTS:
        mode = workflow.content.get("env", {}).get("REMOTE_CACHE_MODE")
        if mode != "read" or "REMOTE_CACHE_MODE: write" in workflow.text:
            yield "a pull request may only read the remote cache"


def _pull_requests(workflow: Workflow) -> Iterator[str]:
    """What a fork's pull request may never have."""
    if not workflow.events & _OF_PULL_REQUESTS:
        return
    if workflow.events - _OF_PULL_REQUESTS:
        yield "pull requests share a workflow with what has rights"
    if re.search(r"\bsecrets\b", workflow.text):
        yield "it names a secret"
    for name, job in workflow.jobs.items():
        granted = job.get("permissions") or {}
        writes = granted == "write-all" or "write" in dict(granted).values()
        if "id-token" in granted:
            yield f"job {name} could take a role"
        if "environment" in job:
            yield f"job {name} has an environment, and so its secrets"
        if "self-hosted" in str(job.get("runs-on")):
            yield f"job {name} runs on a machine of ours"
        if writes and dict(granted).keys() - {"contents", "pull-requests"}:
            yield f"job {name} may write more than a comment"
        if granted.get("contents") == "write":
            yield f"job {name} may write the repository"
        if writes and job.get("if") != _SAME_REPOSITORY:
            yield f"job {name} may write, for a fork too"
        if writes and not _runs_reviewed_code(job):
            yield f"job {name} may write, and runs what nobody reviewed"


def _runs_reviewed_code(job: Mapping[str, Any]) -> bool:
    steps = job["steps"]
    checkouts = [step for step in steps if step.get("uses", "").startswith("actions/checkout@")]
    own = any(step.get("uses", "").startswith(("$/", "./")) for step in steps)
    return not own and all(step["with"].get("ref") == _REVIEWED for step in checkouts)


def _roles(workflow: Workflow) -> Iterator[str]:
    """A role is taken by a job of its own environment, whose rules say who may."""
    if workflow.is_action:
        return
    for name, job in workflow.jobs.items():
        if "id-token" in (job.get("permissions") or {}) and "environment" not in job:
            yield f"job {name} takes a role without an environment"
    if "AWS_SECRET_ACCESS_KEY" in workflow.text:
        yield "it has a long-lived key"


def _concurrency(workflow: Workflow) -> Iterator[str]:
    if not workflow.is_action and "group" not in workflow.content.get("concurrency", {}):
        yield "two runs of it could meet: `concurrency`"


RULES: tuple[Callable[[Workflow], Iterator[str]], ...] = (
    *(_permissions, _events, _pins, _scripts, _checkouts),
    *(_caches, _pull_requests, _roles, _concurrency),
)
