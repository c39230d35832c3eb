"""Compares the settings of a repository on GitHub with those that the gates rest on.

    ci/protection OWNER/NAME           what differs, and how to set it; 1 if anything does
    ci/protection OWNER/NAME --ruleset prints the branch's rules as GitHub's API takes them

What is wanted stands in .github/protection.json. A repository may be stricter: more rules, more
checks, more reviewers. `gh`, GitHub's command line, asks; whoever it is logged in as must
administer the repository. docs/threat-model.md says what each setting is for.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
WANTED = ".github/protection.json"

# What GitHub's API has at a path below the repository's; None where there is nothing.
Ask = Callable[[str], Any]


class AskError(Exception):
    """GitHub could not be asked, so nothing is known."""


def differences(wanted: Mapping[str, Any], ask: Ask) -> Iterator[str]:
    """Each setting that is not as wanted, with what it is and what it should be."""
    yield from _rules(wanted["ruleset"], ask)
    for path in ("actions/permissions", "actions/permissions/workflow"):
        yield from _less(path, wanted[path], ask(path))
    for name in wanted["environments"]:
        yield from _environment(
            name, ask(f"environments/{name}"), name in wanted["environments_with_reviewers"]
        )


def _rules(wanted: Mapping[str, Any], ask: Ask) -> Iterator[str]:
    listed = [each for each in ask("rulesets") or () if each["name"] == wanted["name"]]
    if not listed:
        yield f"ruleset {wanted['name']}: there is none"
        return
    found = ask(f"rulesets/{listed[0]['id']}")
    where = f"ruleset {wanted['name']}"
    for key in ("target", "enforcement", "conditions"):
        yield from _less(f"{where}: {key}", wanted[key], found.get(key))
    # Whoever is named here needs no review.
    if found.get("bypass_actors"):
        yield f"{where}: bypass_actors are {json.dumps(found['bypass_actors'])}, and must be none"
    by_type = {rule["type"]: rule.get("parameters", {}) for rule in found.get("rules", ())}
    for rule in wanted["rules"]:
        if rule["type"] not in by_type:
            yield f"{where}: there is no rule {rule['type']}"
        else:
            name = f"{where}: {rule['type']}"
            yield from _less(name, rule.get("parameters", {}), by_type[rule["type"]])


def _environment(name: str, found: Any, reviewed: bool) -> Iterator[str]:
    where = f"environment {name}"
    if found is None:
        yield f"{where}: there is none"
        return
    if not found.get("deployment_branch_policy"):
        yield f"{where}: every branch may use it, and only main must"
    kinds = {rule["type"] for rule in found.get("protection_rules", ())}
    if reviewed and "required_reviewers" not in kinds:
        yield f"{where}: nobody must approve its use"


def _less(where: str, wanted: Any, found: Any) -> Iterator[str]:
    """What of `wanted` is not in `found`. A list may hold more; a number may be larger."""
    if isinstance(wanted, dict):
        settings = found if isinstance(found, dict) else {}
        for key, value in wanted.items():
            yield from _less(f"{where}: {key}", value, settings.get(key))
    elif isinstance(wanted, list):
        there = found if isinstance(found, list) else []
        for value in wanted:
            if not any(not list(_less("", value, each)) for each in there):
                yield f"{where}: {json.dumps(value)} is missing"
        if not wanted and there:
            yield f"{where} is {json.dumps(found)}, and must be empty"
    elif isinstance(wanted, int) and not isinstance(wanted, bool):
        if not isinstance(found, int) or found < wanted:
            yield f"{where} is {json.dumps(found)}, and must be at least {wanted}"
    elif found != wanted:
        yield f"{where} is {json.dumps(found)}, and must be {json.dumps(wanted)}"


def _github(repository: str) -> Ask:
    def ask(path: str) -> Any:
        command = ("gh", "api", f"repos/{repository}/{path}")
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            raise AskError("`gh`, GitHub's command line, is not installed") from None
        if done.returncode == 0:
            return json.loads(done.stdout)
        if "HTTP 404" in done.stderr:
            return None
        raise AskError(f"{' '.join(command)}: {done.stderr.strip()}")

    return ask


def main(argv: list[str]) -> int:
    wanted = json.loads((ROOT / WANTED).read_text(encoding="utf-8"))
    if len(argv) == 2 and argv[1] == "--ruleset":
        print(json.dumps(wanted["ruleset"], indent=2))
        return 0
    if len(argv) != 1 or argv[0].count("/") != 1:
        asked_for_help = argv in (["-h"], ["--help"])
        print(__doc__.strip(), file=sys.stdout if asked_for_help else sys.stderr)
        return 0 if asked_for_help else 2
    try:
        found = list(differences(wanted, _github(argv[0])))
    except AskError as error:
        print(f"protection: {error}", file=sys.stderr)
        return 2
    if not found:
        print(f"{argv[0]} is protected as {WANTED} has it")
        return 0
    print("\n".join(found))
    print(
        f"\nSet the branch's rules with\n  ci/protection {argv[0]} --ruleset | "
        f"gh api --method POST repos/{argv[0]}/rulesets --input -\n"
        "and the rest in Settings, Actions and Environments."
    )
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
