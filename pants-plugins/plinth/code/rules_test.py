"""No goal of ours answers from plugins that differ from their files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from pants.core.goals.publish import PublishFieldSet
from pants.engine.goal import Goal
from pants.engine.rules import QueryRule, TaskRule
from pants.engine.streaming_workunit_handler import WorkunitsCallbackFactoryRequest
from pants.engine.target import InferDependenciesRequest
from pants.engine.unions import UnionRule
from pants.option.options_bootstrapper import OptionsBootstrapper
from pants.pantsd.process_manager import PantsDaemonProcessManager
from pants.testutil.rule_runner import RuleRunner, engine_error

import plinth.affected.register
import plinth.debian.register
import plinth.guardrails.register
import plinth.images.register
import plinth.layers.register
import plinth.release.register
import plinth.sam.register
from plinth.code import loaded
from plinth.code import rules as code
from plinth.code.rules import CodeAsRead, OtherCodeError
from plinth.fingerprint.util_rules.maker import MakerRequest

BACKENDS = (
    plinth.affected.register,
    plinth.debian.register,
    plinth.guardrails.register,
    plinth.images.register,
    plinth.layers.register,
    plinth.release.register,
    plinth.sam.register,
)
# Pants asks for dependencies in goals of its own, such as `list`, and ours ask for themselves. What
# publishes has a request of its own; see `PublishRequest`. What Pants calls as a command begins
# answers nothing. A maker answers our own goals, which have asked.
NOT_ASKED = (
    InferDependenciesRequest,
    MakerRequest,
    PublishFieldSet,
    WorkunitsCallbackFactoryRequest,
)


def of_ours() -> dict[str, TaskRule]:
    """The rules that Pants starts with: our goals, and what we do in goals of Pants, by name."""
    rules = [rule for backend in BACKENDS for rule in backend.rules()]
    members = {
        rule.union_member
        for rule in rules
        if isinstance(rule, UnionRule) and rule.union_base not in NOT_ASKED
    }
    return {
        rule.canonical_name: rule
        for rule in rules
        if isinstance(rule, TaskRule)
        and rule.canonical_name.startswith("plinth.")
        and (issubclass(rule.output_type, Goal) or members.intersection(rule.input_selectors))
    }


@pytest.mark.parametrize("name", sorted(of_ours()))
def test_what_answers_asks_whether_the_code_is_as_read(name: str) -> None:
    assert CodeAsRead in of_ours()[name].input_selectors, f"{name} needs a parameter `CodeAsRead`"


def test_all_that_answers_is_found() -> None:
    names = " ".join(of_ours())
    goals = ("affected.affected", "fingerprint.fingerprint", "invoke.invoke", "release.release")
    parts = ("package.package_image", "publish.publish_image", "run.run_image", "record_tests")
    for each in (*goals, *parts, "generate_root", "make_layer", "take_wheel_file"):
        assert f".{each}" in names


@pytest.fixture
def runner() -> RuleRunner:
    return RuleRunner(rules=[*code.rules(), QueryRule(CodeAsRead, [])])


@pytest.fixture
def module() -> Iterator[Path]:
    """The file of a plugin that this process has loaded; it is put back."""
    file = Path(plinth.debian.register.__file__)
    before = file.read_bytes()
    yield file
    file.write_bytes(before)


def ask(runner: RuleRunner) -> CodeAsRead:
    """As another command of Pants in the same process."""
    runner.set_options([])
    return runner.request(CodeAsRead, [])


def test_other_code_is_refused_by_name_until_it_is_back(runner: RuleRunner, module: Path) -> None:
    before = module.read_bytes()
    assert ask(runner) == CodeAsRead()
    for _ in range(4):
        module.write_bytes(before.replace(b"return", b"RETURN"))
        with engine_error(OtherCodeError, contains="debian/register.py. Run the command again"):
            ask(runner)
        module.write_bytes(before)
        assert ask(runner) == CodeAsRead()


def test_a_deleted_module_is_refused(runner: RuleRunner, module: Path) -> None:
    module.unlink()
    with engine_error(OtherCodeError, contains="debian/register.py"):
        ask(runner)


def test_of_many_files_a_few_are_named(runner: RuleRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    files = tuple(f"{runner.build_root}/{name}.py" for name in "abcdefg")
    monkeypatch.setattr(loaded, "differing", lambda: files)
    with engine_error(OtherCodeError, contains="a.py, b.py, c.py, d.py, e.py, and 2 more."):
        ask(runner)


@pytest.mark.parametrize("own", [True, False])
def test_the_next_client_takes_this_daemon_for_another(
    runner: RuleRunner, module: Path, own: bool
) -> None:
    ask(runner)
    options = runner.options_bootstrapper
    assert isinstance(options, OptionsBootstrapper)
    daemon = PantsDaemonProcessManager(options.bootstrap_options, daemon_entrypoint="")
    daemon.write_pid(os.getpid() if own else os.getppid())
    daemon.write_fingerprint("as started")
    try:
        module.unlink()
        with engine_error(OtherCodeError):
            ask(runner)
        assert daemon.has_current_fingerprint("as started") is not own
    finally:
        daemon.purge_metadata(force=True)
