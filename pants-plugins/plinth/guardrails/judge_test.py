from __future__ import annotations

import json
import pkgutil

import pytest

from plinth.guardrails import guards
from plinth.guardrails.allowances import PATH
from plinth.guardrails.formats import json as as_json
from plinth.guardrails.formats import sarif, text
from plinth.guardrails.judge import Verdict, judge
from plinth.guardrails.repository import Repository
from plinth.guardrails.table import ALLOWANCES, GUARDS
from plinth.guardrails.testing.seen import image

TWO = Repository(images=(image("FROM python:3", "USER root"),))
ENTRY = '[[allow]]\nguard = "root-user"\npath = "Dockerfile"\nreason = "It mounts a disk."\n'


def verdict(allowances: str, repository: Repository = TWO) -> Verdict:
    return judge(repository, GUARDS, allowances)


def seen(allowances: str, repository: Repository = TWO) -> list[str]:
    return [f"{f.where} {f.guard}" for f in verdict(allowances, repository).findings]


def test_every_guard_of_the_folder_is_in_the_table() -> None:
    modules = {each.name for each in pkgutil.iter_modules(guards.__path__)}
    ids = [guard.id for guard in GUARDS]
    assert {name.replace("_", "-") for name in modules if not name.endswith("_test")} == set(ids)
    assert len(ids) == len(set(ids))


def test_what_is_allowed_is_no_finding_and_is_listed() -> None:
    assert seen("") == ["Dockerfile:1 unpinned-image", "Dockerfile:2 root-user"]
    assert seen(ENTRY) == ["Dockerfile:1 unpinned-image"]
    ((finding, allowance),) = verdict(ENTRY).allowed
    assert (finding.guard, allowance.reason) == ("root-user", "It mounts a disk.")


def test_an_allowance_is_for_one_path_and_one_name() -> None:
    assert seen(ENTRY + 'name = "root"\n') == ["Dockerfile:1 unpinned-image"]
    for other in ('name = "0"\n', ""):
        entry = ENTRY + other if other else ENTRY.replace('"Dockerfile"', '"*"')
        assert seen(entry) == [
            "Dockerfile:1 unpinned-image",
            "Dockerfile:2 root-user",
            f"{PATH}:1 bad-allowance",
        ]


def test_an_allowance_that_nothing_needs_is_a_finding() -> None:
    assert seen(f"# why\n{ENTRY}", Repository()) == [f"{PATH}:2 bad-allowance"]


@pytest.mark.parametrize(
    ("allowances", "what"),
    [
        (ENTRY.replace('reason = "It mounts a disk."\n', ""), "it has no `reason`"),
        (ENTRY.replace("It mounts a disk.", " "), "it has no `reason`"),
        (ENTRY.replace("It mounts a disk.", "later"), "`later` gives no reason"),
        (ENTRY.replace("root-user", "rootuser"), "there is no guard `rootuser`; there are "),
        (ENTRY.replace("path =", "file ="), "`file` is not known"),
        (ENTRY.replace("[[allow]]", "[[allowed]]"), "only `[[allow]]` is known"),
        (ENTRY.replace("[[allow]]", "[allow]"), "only `[[allow]]` is known"),
        ('allow = ["x"]\n', "only `[[allow]]` is known"),
        ("[[allow]]\nguard = root\n", "it is not TOML"),
    ],
)
def test_a_bad_allowance_allows_nothing(allowances: str, what: str) -> None:
    found = verdict(allowances)
    assert len([each for each in found.findings if each.path == "Dockerfile"]) == 2
    assert what in next(each.what for each in found.findings if each.guard == ALLOWANCES.id)


def test_the_text_has_where_what_why_and_fix() -> None:
    lines = list(text.lines(verdict(ENTRY), (*GUARDS, ALLOWANCES)))
    assert lines[0].startswith(
        "Dockerfile:1: unpinned-image: FROM takes python:3, which is not pinned by digest: every "
        "build may get other bytes. Write python:3@sha256:…; "
    )
    assert lines[1].startswith("  unpinned-image: A tag moves.")
    assert lines[2] == (f"Dockerfile:2: root-user: allowed by {PATH}:1: root: It mounts a disk.")


def test_the_json_holds_all_of_it() -> None:
    document = json.loads(as_json.dump(verdict(ENTRY), (*GUARDS, ALLOWANCES)))
    (finding,), (allowed,) = document["findings"], document["allowed"]
    assert finding.keys() == {"guard", "path", "line", "name", "what", "why", "fix"}
    assert (finding["path"], finding["line"], finding["name"]) == ("Dockerfile", 1, "python:3")
    assert allowed["reason"] == "It mounts a disk."


def test_the_sarif_names_a_rule_for_each_result() -> None:
    document = json.loads(sarif.dump(verdict(ENTRY), (*GUARDS, ALLOWANCES)))
    (run,) = document["runs"]
    rules = {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    assert {result["ruleId"] for result in run["results"]} <= rules
    suppressed = [result.get("suppressions") for result in run["results"]]
    assert suppressed == [None, [{"kind": "external", "justification": "It mounts a disk."}]]
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "Dockerfile"}, "region": {"startLine": 1}}
