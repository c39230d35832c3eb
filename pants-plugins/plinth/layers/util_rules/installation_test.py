"""What is asked of the sandbox for packages and for a wheel's file, without running it."""

from __future__ import annotations

import logging

import pytest
from pants.backend.python import target_types_rules
from pants.backend.python.target_types import PythonRequirementTarget
from pants.core.target_types import FileSourceField
from pants.core.target_types import rules as core_target_types_rules
from pants.core.util_rules import source_files
from pants.engine.addresses import Address
from pants.engine.fs import CreateDigest, Digest, DigestContents, FileContent
from pants.engine.internals.scheduler import ExecutionError
from pants.engine.process import Process
from pants.engine.rules import Get, QueryRule, rule
from pants.engine.target import HydratedSources, HydrateSourcesRequest
from pants.source import source_root
from pants.testutil.rule_runner import RuleRunner

from plinth.archive.util_rules.builder import BuilderProcess
from plinth.layers import install, wheel_member
from plinth.layers.compiled import Report
from plinth.layers.target_types import PythonLayerTarget, WheelFileSourcesField, WheelFileTarget
from plinth.layers.testing import repository as testing
from plinth.layers.util_rules import content, lock, runtime, third_party, wheel_file
from plinth.layers.util_rules.third_party import ThirdParty, ThirdPartyRequest

HASHES = {name: "sha256:" + digit * 64 for name, digit in (("a", "a"), ("b", "b"), ("c", "c"))}
LOCK = "".join(
    f"{name}==1.0 --hash={digest}\n    # via {via}\n"
    for (name, digest), via in zip(HASHES.items(), ("-r r.in", "a", "-r r.in"))
)
REPOSITORY = {
    "locked.txt": LOCK,
    "BUILD": (
        "python_requirement(name='a', requirements=['a'])\n"
        "python_layer(name='layer', path='/opt/python', dependencies=[':a'])\n"
    ),
    "tests/BUILD": (
        "wheel_file(name='tool', lock='locked.txt', requirement='A', path='a/run', "
        "executable=True)\n"
        "wheel_file(name='data', lock='locked.txt', requirement='c', path='c/data')\n"
        "wheel_file(name='absent', lock='locked.txt', requirement='absent', path='x')\n"
    ),
}
asked: list[BuilderProcess] = []


@rule
async def run_nothing(request: BuilderProcess) -> Process:
    """Leaves the output files empty, and says what a module would say."""
    asked.append(request)
    report = Report(left_out=("opt/python/x.py: SyntaxError",), warning="not the image's Python")
    files = [FileContent(f"made/{path}", b"") for path in request.output_files]
    script = 'cp -R made/. . && printf %s "$0"'
    return Process(
        argv=("/bin/sh", "-c", script, report.to_json()),
        input_digest=await Get(Digest, CreateDigest(files)),
        output_files=request.output_files,
        env={"PATH": "/usr/bin:/bin"},
        description=request.description,
    )


@rule
async def fail(request: BuilderProcess) -> Process:
    script = "echo 'a==1.0 has no wheel' >&2; exit 1"
    return Process(argv=("/bin/sh", "-c", script), description=request.description)


def runner_with(process_rule: object) -> RuleRunner:
    asked.clear()
    modules = (content, lock, runtime, third_party, wheel_file, source_files, source_root)
    runner = RuleRunner(
        rules=[
            *core_target_types_rules(),
            *target_types_rules.rules(),
            *(rule for module in modules for rule in module.rules()),
            testing.no_debian_root,
            process_rule,
            QueryRule(HydratedSources, [HydrateSourcesRequest]),
            QueryRule(ThirdParty, [ThirdPartyRequest]),
        ],
        target_types=[PythonLayerTarget, PythonRequirementTarget, WheelFileTarget],
    )
    runner.set_options(
        ["--python-enable-resolves", "--python-resolves={'python-default': 'locked.txt'}"],
        env={"UV_INDEX": "https://index.example", "HOME": "/home/someone", "SECRET": "1"},
        env_inherit={"PATH"},
    )
    runner.write_files(REPOSITORY)
    return runner


def third_party_of(runner: RuleRunner) -> ThirdParty:
    target = runner.get_target(Address("", target_name="layer"))
    return runner.request(ThirdParty, [ThirdPartyRequest(target)])


def take(runner: RuleRunner, name: str) -> tuple[str, ...]:
    target = runner.get_target(Address("tests", target_name=name))
    request = HydrateSourcesRequest(
        target[WheelFileSourcesField],
        for_sources_types=[FileSourceField],
        enable_codegen=True,
    )
    return runner.request(HydratedSources, [request]).snapshot.files


def test_a_layers_packages_are_installed_from_its_closure_alone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    runner = runner_with(run_nothing)
    made = third_party_of(runner)
    (process,) = asked
    assert process.module == install.__name__
    assert process.description == "Installing 2 packages for //:layer"
    assert process.argv == (
        *("--requirements", "locked.txt"),
        *("--platform", "x86_64-manylinux_2_36", "--python-version", "3.11.2"),
        *("--at", "opt/python", "--tar", "third_party.tar"),
    )
    (requirements,) = runner.request(DigestContents, [process.input_digest])
    lines = [
        line for line in requirements.content.decode().split() if "==" in line or "sha" in line
    ]
    assert lines == [
        *("a==1.0", f"--hash={HASHES['a']}"),
        *("b==1.0", f"--hash={HASHES['b']}"),
    ]
    assert made.report.warning == "not the image's Python"
    assert "//:layer: not the image's Python" in caplog.text
    assert "//:layer: not compiled: opt/python/x.py: SyntaxError" in caplog.text


def test_of_the_environment_only_the_way_to_the_index_is_handed_on() -> None:
    third_party_of(runner_with(run_nothing))
    (process,) = asked
    assert dict(process.extra_env) == {"UV_INDEX": "https://index.example"}
    assert dict(process.append_only_caches) == {"plinth_uv": ".uv-cache"}


def test_a_failed_installation_names_the_layer_and_the_lock() -> None:
    with pytest.raises(ExecutionError) as failed:
        third_party_of(runner_with(fail))
    assert "//:layer, from locked.txt: a==1.0 has no wheel" in str(failed.value)


def test_a_file_of_a_wheel_is_taken_without_what_the_wheel_requires() -> None:
    runner = runner_with(run_nothing)
    assert take(runner, "tool") == ("tests/tool",)
    (process,) = asked
    assert process.module == wheel_member.__name__
    assert process.argv[6:] == ("--path", "a/run", "--out", "tests/tool", "--executable")
    (requirements,) = runner.request(DigestContents, [process.input_digest])
    assert b"a==1.0" in requirements.content
    assert b"b==1.0" not in requirements.content


def test_a_file_that_is_not_to_be_executed() -> None:
    assert take(runner_with(run_nothing), "data") == ("tests/data",)
    assert "--executable" not in asked[0].argv


def test_a_wheel_that_is_not_locked_is_an_error() -> None:
    with pytest.raises(ExecutionError) as failed:
        take(runner_with(run_nothing), "absent")
    assert "tests:absent: locked.txt does not lock `absent` for CPython 3.11" in str(failed.value)
