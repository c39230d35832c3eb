from __future__ import annotations

from pants.engine.rules import QueryRule
from pants.testutil.rule_runner import RuleRunner

from plinth.guardrails.repository import LockFile
from plinth.guardrails.util_rules import locks
from plinth.guardrails.util_rules.locks import Locks, LocksRequest


def test_locks_are_the_resolves_and_every_txt_beside_its_in() -> None:
    runner = RuleRunner(rules=[*locks.rules(), QueryRule(Locks, [LocksRequest])])
    runner.set_options(
        ["--python-enable-resolves", "--python-resolves={'main': 'main.lock'}"],
        env_inherit={"PATH", "PYENV_ROOT", "HOME"},
    )
    runner.write_files(
        {
            "main.lock": "a",
            "tools[1]/lint.in": "b",
            "tools[1]/lint.txt": "c",
            "data/large.txt": "d",
            "data/lonely.in": "e",
        }
    )
    found = runner.request(Locks, [LocksRequest()]).found
    assert sorted(found, key=lambda lock: lock.path) == [
        LockFile("main.lock", "a", "main.in", None),
        LockFile("tools[1]/lint.txt", "c", "tools[1]/lint.in", "b"),
    ]
