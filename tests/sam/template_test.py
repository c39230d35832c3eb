"""What AWS's own tools say of the application's template, without a network."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

TEMPLATE = Path("lambdas/api/template.local.yaml")
DIGEST = "sha256:" + "a" * 64
# They would ask for a region, and write into the home folder.
ENVIRONMENT = {"AWS_DEFAULT_REGION": "eu-west-2", "SAM_CLI_TELEMETRY": "0", "HOME": "."}


def local() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(TEMPLATE.read_text())
    return found


def released() -> dict[str, Any]:
    """With images as `template.yaml` has them."""
    template = local()
    template["Parameters"]["Registry"] = {"Type": "String"}
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["ImageUri"] = {"Fn::Sub": f"${{Registry}}/some/path@{DIGEST}"}
    return template


def broken() -> dict[str, Any]:
    """With a fact that Lambda does not take."""
    template = local()
    template["Resources"]["DocsFunction"]["Properties"]["MemorySize"] = "much"
    return template


def run(tmp_path: Path, template: dict[str, Any], *command: str) -> tuple[int, str]:
    path = tmp_path / "template.yaml"
    path.write_text(json.dumps(template))
    found = subprocess.run(
        (sys.executable, *command, str(path)),
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )
    return found.returncode, found.stdout


SAM = ("-m", "samcli", "validate", "--lint", "--template")
CFN_LINT = ("-c", "import sys; from cfnlint.runner import main; sys.exit(main())")


@pytest.mark.parametrize(
    ("make", "command"),
    [(local, SAM), (released, SAM), (released, CFN_LINT)],
    ids=["local, sam", "released, sam", "released, cfn-lint"],
)
def test_a_template_is_valid(tmp_path: Path, make: Any, command: tuple[str, ...]) -> None:
    code, said = run(tmp_path, make(), *command)
    assert code == 0, said


@pytest.mark.parametrize("command", [SAM, CFN_LINT], ids=["sam", "cfn-lint"])
def test_they_would_find_what_is_wrong(tmp_path: Path, command: tuple[str, ...]) -> None:
    code, said = run(tmp_path, broken(), *command)
    assert code != 0
    assert "much" in said
