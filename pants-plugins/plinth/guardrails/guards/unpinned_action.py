"""An action in a workflow that is named by something that can move."""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from plinth.guardrails.finding import Guard, Sighting
from plinth.guardrails.repository import Repository, Workflow

_COMMIT = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")
_IMAGE = re.compile(r"docker://[^\s@]+@sha256:[0-9a-f]{64}")
# Of this very commit.
_OURS = ("./", "$/")


def judge(repository: Repository) -> Iterator[Sighting]:
    for workflow in repository.workflows:
        try:
            document = yaml.compose(workflow.text, Loader=yaml.SafeLoader)  # type: ignore[no-untyped-call]
        except yaml.YAMLError as error:
            line = getattr(getattr(error, "problem_mark", None), "line", -1) + 1
            yield Sighting(
                workflow.path,
                line,
                workflow.path,
                f"it is not YAML: {getattr(error, 'problem', None) or error}",
                "Mend it.",
            )
            continue
        yield from _uses(workflow, document)


def _uses(workflow: Workflow, node: yaml.Node | None) -> Iterator[Sighting]:
    """Every `uses` in it: of steps, and of jobs that are workflows of others."""
    if isinstance(node, yaml.SequenceNode):
        for each in node.value:
            yield from _uses(workflow, each)
    elif isinstance(node, yaml.MappingNode):
        # An action that is a container has its Dockerfile there.
        is_action = any(key.value == "using" for key, _ in node.value)
        for key, value in node.value:
            if isinstance(value, yaml.ScalarNode):
                if key.value == "uses":
                    yield from _judged(workflow, value)
                elif key.value in ("container", "image"):
                    yield from _container(workflow, value, is_action)
            # A step's own arguments are whatever it says they are.
            elif key.value not in ("with", "env"):
                yield from _uses(workflow, value)


def _judged(workflow: Workflow, node: yaml.ScalarNode) -> Iterator[Sighting]:
    used: str = node.value
    if used.startswith(_OURS) or _COMMIT.fullmatch(used) or _IMAGE.fullmatch(used):
        return
    name = used.partition("@")[0]
    yield Sighting(
        workflow.path,
        node.start_mark.line + 1,
        name,
        f"the action {used} is not pinned by a commit: its owner, or a thief, may move it",
        f"Write {name}@<the 40 characters of a commit>, and the version in a comment behind it.",
    )


def _container(workflow: Workflow, node: yaml.ScalarNode, is_action: bool) -> Iterator[Sighting]:
    image: str = node.value
    name = image.removeprefix("docker://")
    if re.search(r"@sha256:[0-9a-f]{64}$", image) or (is_action and name == image):
        return
    yield Sighting(
        workflow.path,
        node.start_mark.line + 1,
        name,
        f"the container image {name} is not pinned by digest",
        f"Write {name.partition('@')[0]}@sha256:….",
    )


GUARD = Guard(
    "unpinned-action",
    "An action or a container of a workflow that is not pinned",
    "It runs with the rights of the workflow, and with code that nobody here has seen.",
    judge,
)
