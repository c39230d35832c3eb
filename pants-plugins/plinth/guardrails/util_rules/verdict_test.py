"""A repository that keeps to every guard, and one file for each that breaks it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pants.engine.rules import QueryRule
from pants.testutil.rule_runner import RuleRunner

from plinth.guardrails.judge import Verdict
from plinth.guardrails.table import ALLOWANCES, GUARDS
from plinth.guardrails.util_rules import handlers, images, locks, requirements, sources, verdict
from plinth.guardrails.util_rules.verdict import VerdictRequest
from plinth.images.testing.repository import OPTIONS, TARGET_TYPES, locked, rules
from plinth.layers.testing.repository import run_with_this_python
from plinth.layers.util_rules import handler, unowned

COMMIT = "0" * 40


def image(*more: str, name: str = "image", base: str = "base:image") -> str:
    lines = [f"ARG BASE={base}", "FROM $BASE", *more]
    return f"docker_image(name={name!r}, instructions={lines!r})\n"


def layer(function: str, more: str = "") -> str:
    return (
        f"python_sources()\npython_layer(name='code', handler={function!r}, less=['base:image'], "
        f"dependencies=['./handler.py'{more}])\n"
    )


SOUND = {
    "locks/BUILD": "python_requirement(name='boto3', requirements=['boto3'])\n",
    "locks/python.in": "boto3\n",
    "locks/python.txt": locked("boto3", via="-r python.in"),
    "src/library/BUILD": "python_sources()\n",
    "src/library/names.py": "NAME = 1\n",
    "base/BUILD": (
        "python_layer(name='library', path='/opt/python', dependencies=['locks:boto3', "
        "'src/library/names.py'])\n"
        "docker_image(name='image', instructions=['FROM scratch', 'ADD base/library.tar /'], "
        "dependencies=[':library'])\n"
    ),
    "lambdas/good/BUILD": layer("good.handler:handler") + image("ADD lambdas/good/code.tar /"),
    "lambdas/good/handler.py": "import boto3\ndef handler(event, context): pass\n",
    "tools/Dockerfile": "FROM scratch\nENV A=1\n",
    ".github/CODEOWNERS": "* @organisation/platform\n/keys/\n",
    ".github/workflows/ci.yml": f"jobs: {{a: {{steps: [{{uses: a/b@{COMMIT}}}]}}}}\n",
    "lambdas/good/scratch.txt": "not code\n",
}
# What each guard finds, and the files for it.
BAD: dict[str, tuple[str, dict[str, str]]] = {
    "unpinned-image": (
        "tools/unpinned.Dockerfile:1 python:3",
        {"tools/unpinned.Dockerfile": "FROM python:3\n"},
    ),
    "left-to-docker": (
        "tools/run.Dockerfile:2 RUN",
        {"tools/run.Dockerfile": "FROM scratch\nRUN true\n"},
    ),
    "off-base": (
        "lambdas/alone/BUILD lambdas/alone:image",
        {"lambdas/alone/BUILD": "docker_image(name='image', instructions=['FROM scratch'])\n"},
    ),
    "secret-in-image": (
        "lambdas/secret/BUILD TOKEN",
        {"lambdas/secret/BUILD": image("ENV TOKEN=x")},
    ),
    "root-user": (
        "tools/Dockerfile.root:2 root",
        {"tools/Dockerfile.root": "FROM scratch\nUSER root\n"},
    ),
    "unreadable-dockerfile": (
        "tools/Containerfile:1 tools/Containerfile",
        {"tools/Containerfile": "FRM scratch\n"},
    ),
    "unfit-lock": (
        "locks/unfit.txt:1 boto3",
        {"locks/unfit.txt": "boto3==1.0 # via -r unfit.in\n", "locks/unfit.in": "boto3\n"},
    ),
    "stale-lock": (
        "locks/stale.in:2 requests",
        {
            "locks/stale.txt": locked("boto3", via="-r stale.in"),
            "locks/stale.in": "boto3\nrequests\n",
        },
    ),
    "unused-requirement": (
        "locks/more/BUILD six",
        {"locks/more/BUILD": "python_requirement(name='six', requirements=['six'])\n"},
    ),
    "undeclared-import": (
        "src/library/undeclared.py:1 pandas",
        {"src/library/undeclared.py": "import pandas\n"},
    ),
    "carried-requirement": (
        "lambdas/carried/BUILD boto3",
        {
            "lambdas/carried/BUILD": layer("carried.handler:handler", ", 'locks:boto3'"),
            "lambdas/carried/handler.py": "def handler(event, context): pass\n",
        },
    ),
    "unpinned-action": (
        ".github/workflows/bad.yml:1 a/b",
        {".github/workflows/bad.yml": "jobs: {a: {steps: [{uses: a/b@v1}]}}\n"},
    ),
    "unreviewed-file": (".github/CODEOWNERS:2 keys/a.gpg", {"keys/a.gpg": ""}),
    "unowned-source": ("src/nobody/a.py src/nobody/a.py", {"src/nobody/a.py": ""}),
    "broken-source": (
        "src/library/broken.py:1 src/library/broken.py",
        {"src/library/broken.py": "def f(:\n"},
    ),
    "missing-handler": (
        "lambdas/missing/BUILD missing.handler:handle",
        {
            "lambdas/missing/BUILD": layer("missing.handler:handle"),
            "lambdas/missing/handler.py": "def handler(event, context): pass\n",
        },
    ),
    "bad-allowance": (
        "guardrails.toml:1 root-user",
        {
            "guardrails.toml": '[[allow]]\nguard = "root-user"\npath = "gone/Dockerfile"\n'
            'reason = "It was needed once."\n'
        },
    ),
}


@pytest.fixture(scope="module")
def runner() -> RuleRunner:
    listed = (handler, handlers, images, locks, requirements, sources, unowned, verdict)
    return RuleRunner(
        rules=[
            *rules(run_with_this_python),
            *(rule for module in listed for rule in module.rules()),
            QueryRule(Verdict, [VerdictRequest]),
        ],
        target_types=TARGET_TYPES,
        # Pants passes over hidden folders.
        bootstrap_args=["--pants-ignore=['!/.github/']"],
    )


@pytest.fixture
def sound(runner: RuleRunner) -> Iterator[RuleRunner]:
    runner.set_options(
        [*OPTIONS, "--python-infer-unowned-dependency-behavior=ignore"],
        env_inherit={"PATH", "PYENV_ROOT", "HOME"},
    )
    runner.write_files(SOUND)
    yield runner
    for _, files in BAD.values():
        for path in files:
            Path(runner.build_root, path).unlink(missing_ok=True)


def found(runner: RuleRunner) -> list[tuple[str, str]]:
    judged = runner.request(Verdict, [VerdictRequest()])
    return [(each.guard, f"{each.where} {each.name}") for each in judged.findings]


def test_nothing_is_found_where_nothing_is_wrong(sound: RuleRunner) -> None:
    assert found(sound) == []


def test_each_file_gets_its_finding_and_no_other(sound: RuleRunner) -> None:
    for _, files in BAD.values():
        sound.write_files(files)
    assert sorted(found(sound)) == sorted((guard, what) for guard, (what, _) in BAD.items())


def test_no_guard_is_left_out_of_it() -> None:
    assert set(BAD) == {guard.id for guard in (*GUARDS, ALLOWANCES)}
