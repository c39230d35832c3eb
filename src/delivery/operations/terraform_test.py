"""deploy/terraform without Terraform: it parses, leaves what delivery moves, and uses each policy.

`templatefile` and the enforced test of the policies read the same files.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import hcl2
import pytest

ROOT = Path("deploy/terraform")
MODULES = sorted(ROOT.glob("*/*.tf"))
_USE = re.compile(r'templatefile\("\$\{path\.module\}/\.\./policies/(?P<name>[a-z-]+)\.json", \{')
_VALUE = re.compile(r"\$\{([a-z]+)\}")


def parsed(path: Path) -> dict[str, Any]:
    with path.open() as file:
        found: dict[str, Any] = hcl2.load(file)
    return found


def uses() -> dict[str, set[str]]:
    """The values that each policy is given, by its file's name."""
    found = {}
    for path in MODULES:
        text = path.read_text()
        for use in _USE.finditer(text):
            given = text[use.end() :].partition("})")[0]
            found[use["name"]] = set(re.findall(r"([a-z]+) +=", given))
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: "/".join(path.parts[-2:]))
def test_it_parses(path: Path) -> None:
    assert parsed(path)


def test_every_policy_is_used_with_the_values_that_it_names() -> None:
    policies = {path.stem: path.read_text() for path in (ROOT / "policies").glob("*.json")}
    assert uses() == {name: set(_VALUE.findall(text)) for name, text in policies.items()}


def test_no_role_gets_another_policy() -> None:
    for path in MODULES:
        text = path.read_text()
        # One that stands in a module is in no test of permissions.
        assert "jsonencode({" not in text
        assert "aws_iam_policy_document" not in text
        policies = re.findall(r"^ +(?:assume_role_)?policy += (.*)$", text, re.MULTILINE)
        assert all(each.startswith("templatefile(") for each in policies)


@pytest.mark.parametrize(
    ("resource", "ignored"),
    [
        ("aws_lambda_function", {"image_uri"}),
        ("aws_lambda_alias", {"function_version", "routing_config", "description"}),
    ],
)
def test_what_delivery_moves_terraform_leaves(resource: str, ignored: set[str]) -> None:
    text = (ROOT / "environment/functions.tf").read_text()
    block = text.partition(f'resource "{resource}"')[2].partition("\n}\n")[0]
    (found,) = re.findall(r"ignore_changes = \[(.*)\]", block)
    assert set(found.split(", ")) == ignored


def test_the_bucket_insists_on_what_the_command_asks_for() -> None:
    policy = json.loads((ROOT / "policies/ledger-bucket.json").read_text())
    conditions = [each.get("Condition") for each in policy["Statement"]]
    assert {"Null": {"s3:if-none-match": "true"}} in conditions
