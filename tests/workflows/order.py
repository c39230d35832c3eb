"""Runs a workflow's scripts as GitHub would: in order, with the values of its expressions.

GitHub's own services and Pants are stood in for by programs that write down what they are asked.
An expression that is not known here is an error, so that a workflow cannot come to use one untried.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workflows.policy import Workflow

_EXPRESSION = re.compile(r"\$\{\{\s*(.+?)\s*\}\}")


@dataclass
class Run:
    """A run of a workflow in the repository at `root`. `given` are the values from outside."""

    workflow: Workflow
    root: Path
    env: Mapping[str, str]
    given: Mapping[str, str]
    needs: dict[str, dict[str, str]] = field(default_factory=dict)
    scripts: list[str] = field(default_factory=list)

    def job(self, name: str, matrix: Mapping[str, str] | None = None) -> None:
        """Runs the scripts of a job; each must succeed."""
        job = self.workflow.jobs[name]
        steps: dict[str, dict[str, str]] = {}
        for step in job["steps"]:
            if "run" in step:
                env = self._env({**self.workflow.content.get("env", {}), **job.get("env", {})})
                env |= self._values(step.get("env", {}), steps, matrix or {})
                steps[step.get("id", "")] = self._script(step["run"], env)
        outputs = job.get("outputs", {})
        self.needs[name] = self._values(outputs, steps, {})

    def _env(self, env: Mapping[str, str]) -> dict[str, str]:
        return self._values(env, {}, {})

    def _script(self, script: str, env: Mapping[str, str]) -> dict[str, str]:
        output = self.root / "dist/output"
        output.parent.mkdir(exist_ok=True)
        output.write_text("")
        summary = {"GITHUB_STEP_SUMMARY": str(self.root / "dist/summary.md")}
        done = subprocess.run(
            (f"./{script}",),
            cwd=self.root,
            env={**self.env, **env, **summary, "GITHUB_OUTPUT": str(output)},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, f"{script}: {done.stdout}{done.stderr}"
        self.scripts.append(script)
        lines = (line.partition("=") for line in output.read_text().splitlines())
        return {name: value for name, _, value in lines}

    def _values(
        self, values: Mapping[str, Any], steps: Mapping[str, Any], matrix: Mapping[str, str]
    ) -> dict[str, str]:
        def value(found: re.Match[str]) -> str:
            return self._value(found[1], steps, matrix)

        return {name: _EXPRESSION.sub(value, str(text)) for name, text in values.items()}

    def _value(self, text: str, steps: Mapping[str, Any], matrix: Mapping[str, str]) -> str:
        if text in self.given:
            return self.given[text]
        if text == "toJSON(needs)":
            return json.dumps(
                {name: {"result": "success", "outputs": each} for name, each in self.needs.items()}
            )
        if found := re.fullmatch(r"fromJSON\((.+)\)\.(\w+)", text):
            return str(json.loads(self._value(found[1], steps, matrix))[found[2]])
        if found := re.fullmatch(r"steps\.(\w+)\.outputs\.([\w-]+)", text):
            return str(steps[found[1]].get(found[2], ""))
        if found := re.fullmatch(r"needs\.(\w+)\.outputs\.([\w-]+)", text):
            return self.needs[found[1]].get(found[2], "")
        if found := re.fullmatch(r"matrix\.(\w+)", text):
            return matrix[found[1]]
        raise AssertionError(f"what `{text}` is worth is not known here")
