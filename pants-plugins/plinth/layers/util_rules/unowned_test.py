from __future__ import annotations

import pytest
from pants.backend.python import target_types_rules
from pants.backend.python.dependency_inference import rules as inference_rules
from pants.backend.python.target_types import (
    PythonRequirementTarget,
    PythonSourcesGeneratorTarget,
    PythonSourceTarget,
)
from pants.engine.addresses import Address, Addresses
from pants.engine.internals.scheduler import ExecutionError
from pants.engine.rules import QueryRule
from pants.engine.target import Dependencies, DependenciesRequest
from pants.engine.unions import UnionRule
from pants.testutil.rule_runner import RuleRunner

from plinth.layers import register
from plinth.layers.util_rules import unowned

REPOSITORY = {
    "3rdparty/BUILD": (
        "python_requirement(name='boto3', requirements=['boto3'])\n"
        "python_requirement(name='jinja2', requirements=['jinja2'], resolve='other')\n"
    ),
    "src/library/BUILD": "python_sources()\n",
    "src/library/names.py": "NAME = 1\n",
    "src/nobody/s.py": "NAME = 1\n",
}


@pytest.fixture
def runner() -> RuleRunner:
    runner = RuleRunner(
        rules=[
            *target_types_rules.rules(),
            *inference_rules.rules(),
            *unowned.rules(),
            QueryRule(Addresses, [DependenciesRequest]),
        ],
        target_types=[PythonRequirementTarget, PythonSourcesGeneratorTarget, PythonSourceTarget],
    )
    runner.set_options(
        [
            "--source-root-patterns=['src']",
            "--python-enable-resolves",
            "--python-resolves={'python-default': '3rdparty/requirements.txt', "
            "'other': 'other.txt'}",
            "--python-infer-use-rust-parser",
            "--python-infer-unowned-dependency-behavior=ignore",
        ],
        env_inherit={"PATH", "PYENV_ROOT", "HOME"},
    )
    runner.write_files(REPOSITORY)
    return runner


def dependencies(runner: RuleRunner, source: str) -> list[str]:
    """Of a module of the library with this source."""
    runner.write_files({"src/library/aws.py": source})
    target = runner.get_target(Address("src/library", relative_file_path="aws.py"))
    request = DependenciesRequest(target[Dependencies])
    return [address.spec for address in runner.request(Addresses, [request])]


def test_what_is_provided_is_found_as_ever(runner: RuleRunner) -> None:
    source = (
        "import os\nimport boto3\nfrom library import names\n"
        "import absent  # pants: no-infer-dep\n"
        "try:\n    import perhaps\nexcept ImportError:\n    pass\n"
    )
    assert dependencies(runner, source) == ["3rdparty:boto3", "src/library/names.py"]


@pytest.mark.parametrize(
    ("statement", "advice"),
    [
        ("import pandas", "add the package to 3rdparty/requirements.in and run `make lock`"),
        ("from library.name import NAME", "Did you mean `library.names`?"),
        ("from nobody.s import NAME", "add `python_sources()` to src/nobody/BUILD"),
        ("import jinja2", "It is in the resolve `other`"),
    ],
)
def test_an_import_that_nothing_provides_is_refused(
    runner: RuleRunner, statement: str, advice: str
) -> None:
    with pytest.raises(ExecutionError) as error:
        dependencies(runner, f"import boto3\n{statement}\n")
    assert "src/library/aws.py:2: nothing provides" in str(error.value)
    assert advice in str(error.value)


def test_the_backend_refuses_them() -> None:
    # `pants.toml` switches Pants' own check off.
    members = {each.union_member for each in register.rules() if isinstance(each, UnionRule)}
    assert unowned.RefuseUnownedImports in members
