"""`./pants test-processes --output-file=FILE ::` writes the hash of each test's process, as JSON.

No part of the build: only `bench/prove` lists this backend. Nothing here knows what `affected`
counts. Pants itself sets each process up, as `./pants test` would, and all of it is hashed.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pants.backend.python.goals.pytest_runner import TestMetadata, TestSetup, TestSetupRequest
from pants.backend.python.subsystems.pytest import PythonTestFieldSet
from pants.backend.python.subsystems.setup import PythonSetup
from pants.backend.python.util_rules.interpreter_constraints import InterpreterConstraints
from pants.engine.console import Console
from pants.engine.goal import Goal, GoalSubsystem
from pants.engine.process import Process
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, goal_rule
from pants.engine.target import FilteredTargets
from pants.engine.unions import UnionRule
from pants.option.option_types import StrOption

# Who sees it run, when and how fast.
_OF_NO_EFFECT = frozenset({"description", "level", "cache_scope", "concurrency_available"})


class TestProcessesSubsystem(GoalSubsystem):
    name = "test-processes"
    help = "Write the hash of each test's process to a file. For `bench/prove`."

    output_file = StrOption(default="dist/processes.json", help="Where to write it, as JSON.")


class TestProcesses(Goal):
    subsystem_cls = TestProcessesSubsystem
    environment_behavior = Goal.EnvironmentBehavior.LOCAL_ONLY


def digest(process: Process) -> str:
    """A hash of all that the process is given."""
    given = {
        field.name: getattr(process, field.name)
        for field in dataclasses.fields(process)
        if field.name not in _OF_NO_EFFECT
    }
    text = json.dumps(given, sort_keys=True, default=_plain)
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()


def _plain(value: Any) -> Any:
    if hasattr(value, "items"):
        return dict(value.items())
    if hasattr(value, "fingerprint"):
        return value.fingerprint
    return list(value) if isinstance(value, (set, frozenset, tuple)) else repr(value)


@goal_rule
async def test_processes(
    console: Console,
    subsystem: TestProcessesSubsystem,
    targets: FilteredTargets,
    python: PythonSetup,
) -> TestProcesses:
    """Write the digest of each test's process, or why there is none, to a file."""
    field_sets = [
        PythonTestFieldSet.create(target)
        for target in targets
        if PythonTestFieldSet.is_applicable(target)
    ]
    requests = [_request(each, python) for each in field_sets]
    found: list[str]
    try:
        setups = await MultiGet(Get(TestSetup, TestSetupRequest, each) for each in requests)
        found = [digest(each.process) for each in setups]
    except Exception:
        found = [await _digest_or_why(each) for each in requests]
    named = dict(zip((each.address.spec for each in field_sets), found))
    path = Path(subsystem.output_file)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(named, indent=1, sort_keys=True))
    return TestProcesses(exit_code=0)


async def _digest_or_why(request: TestSetupRequest) -> str:
    """A process that cannot be set up fails, whatever it was before."""
    try:
        return digest((await Get(TestSetup, TestSetupRequest, request)).process)
    except Exception as error:
        return f"unknown: {str(error).strip()[:300]}"


def _request(field_set: PythonTestFieldSet, python: PythonSetup) -> TestSetupRequest:
    metadata = TestMetadata(
        interpreter_constraints=InterpreterConstraints.create_from_compatibility_fields(
            [field_set.interpreter_constraints], python
        ),
        extra_env_vars=field_set.extra_env_vars.sorted(),
        xdist_concurrency=field_set.xdist_concurrency.value,
        resolve=field_set.resolve.normalized_value(python),
        environment=field_set.environment.value,
    )
    return TestSetupRequest((field_set,), metadata, is_debug=False)


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
