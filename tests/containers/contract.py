"""What holds for every lambda's container.

A lambda's `container_test.py` says what is its own, and inherits the rest:

    class TestAuthorizer(LambdaContract):
        layout = "lambdas.authorizer/image"
        refusals = (Refusal({"type": "TOKEN"}, error="BadEvent", says="methodArn"),)

        def test_the_secret_allows(self, function: Function) -> None: ...
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest
from docker import DockerClient

from containers.answer import Answer
from containers.aws import Aws, running_aws
from containers.engine import connect
from containers.function import Configuration, Function, Output, running
from containers.images import bring_into, stack_at
from containers.owner import owner
from containers.unready import or_stop
from plinth.oci.format.layout import Stack


@dataclass(frozen=True)
class Refusal:
    """A bad event, and what its sender is told: an error type or an HTTP status, and why."""

    event: Any
    says: str
    error: str | None = None
    status: int | None = None

    def matches(self, answer: Answer) -> bool:
        """Whether this is the answer."""
        told = str(answer.payload)
        return (answer.error, answer.status) == (self.error, self.status) and self.says in told


class LambdaContract:
    """One container for the tests of a class, and the tests that every lambda passes."""

    layout: ClassVar[str]
    refusals: ClassVar[tuple[Refusal, ...]] = ()
    environment: ClassVar[Mapping[str, str]] = {}
    memory_mb: ClassVar[int] = 512
    timeout_seconds: ClassVar[int] = 30

    @pytest.fixture(scope="class")
    def docker(self) -> Iterator[DockerClient]:
        """Docker's engine."""
        with or_stop():
            client = connect()
        yield client
        client.close()

    @pytest.fixture(scope="class")
    def stack(self) -> Stack:
        """The image under test, on its bases."""
        with or_stop():
            return stack_at(self.layout)

    @pytest.fixture(scope="class")
    def aws(self) -> Iterator[Aws]:
        """The AWS that the function talks to, empty at first."""
        with running_aws() as aws:
            yield aws

    @pytest.fixture(scope="class")
    def function(self, docker: DockerClient, stack: Stack, aws: Aws) -> Iterator[Function]:
        """The image under the emulator, by its digest."""
        configuration = Configuration(
            name=stack.image.name,
            memory_mb=self.memory_mb,
            timeout_seconds=self.timeout_seconds,
            environment={**aws.environment, **self.environment},
        )
        with ExitStack() as block:
            with or_stop():
                reference = bring_into(docker, stack)
                ours = block.enter_context(owner(docker))
                function = block.enter_context(running(docker, reference, configuration, ours))
            yield function

    @pytest.fixture(scope="class")
    def imported(self, function: Function) -> Output:
        """What came of the handler's import in the container."""
        return function.python(_IMPORT, function.container.attrs["Config"]["Cmd"][-1])

    @pytest.fixture(autouse=True)
    def can_run(self, imported: Output, request: pytest.FixtureRequest) -> None:
        """Skip all but one test where the handler does not import: that one fails, and says why."""
        if imported.code == 0 or request.function.__name__ == _IMPORTS:
            return
        if any(_is_import_test(item, request.cls) for item in request.session.items):
            pytest.skip(f"the handler does not import: {_IMPORTS} fails")
        pytest.fail(f"the handler does not import:\n{imported.text}", pytrace=False)

    @pytest.fixture(autouse=True)
    def log(self, function: Function) -> Iterator[None]:
        """What the container wrote during a test, for pytest to show when it fails."""
        before = len(function.logs())
        yield
        print(function.logs()[before:])

    def test_it_runs_the_tested_digest(self, function: Function, stack: Stack) -> None:
        assert function.container.attrs["Config"]["Image"].endswith(f"@{stack.image.digest}")

    def test_its_layers_begin_with_the_base_s(self, stack: Stack) -> None:
        base = stack.bases[0]
        assert stack.image.base_digest == base.digest
        assert stack.image.layers[: len(base.layers)] == base.layers

    def test_the_handler_imports(self, imported: Output) -> None:
        if imported.code != 0:
            pytest.fail(f"the handler does not import:\n{imported.text}", pytrace=False)

    def test_a_bad_event_gets_the_documented_error(self, function: Function) -> None:
        for refusal in self.refusals:
            answer = function.invoke(refusal.event)
            assert refusal.matches(answer), f"{refusal} but {answer}"

    @pytest.mark.parametrize("folder", ["/", "/opt/python", "/usr/lib", "/var/task"])
    def test_a_write_outside_tmp_fails(self, function: Function, folder: str) -> None:
        assert function.python(_WRITE, folder).text.strip() == "EROFS"

    def test_a_write_to_tmp_succeeds(self, function: Function) -> None:
        assert function.python(_WRITE, "/tmp").text.strip() == "written"

    def test_it_has_no_privileges(self, function: Function) -> None:
        # The emulator's process: the lambda's own is its child, and inherits all of these.
        status = function.python("print(open('/proc/1/status').read())").text
        values = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
        assert values["Uid"].split() == ["993"] * 4
        assert values["Gid"].split() == ["990"] * 4
        assert all(int(values[f"Cap{kind}"], 16) == 0 for kind in ("Inh", "Prm", "Eff", "Bnd"))
        assert values["NoNewPrivs"].strip() == "1"

    def test_its_memory_is_limited(self, function: Function) -> None:
        assert int(function.python(_MEMORY_LIMIT).text) == self.memory_mb * 1024 * 1024

    def test_the_runtime_speaks_to_the_emulator(self, function: Function) -> None:
        function.invoke(self.refusals[0].event if self.refusals else {})
        assert 0 < function.peak_memory() < self.memory_mb * 1024 * 1024


def _is_import_test(item: pytest.Item, of: Any) -> bool:
    return item.name == _IMPORTS and getattr(item, "cls", None) is of


_IMPORTS = LambdaContract.test_the_handler_imports.__name__

_IMPORT = """
import importlib, sys
module, _, name = sys.argv[1].rpartition(".")
assert callable(getattr(importlib.import_module(module), name))
"""

_WRITE = """
import errno, pathlib, sys
try:
    pathlib.Path(sys.argv[1], "written-by-a-test").write_text("x")
except OSError as error:
    print(errno.errorcode[error.errno])
else:
    print("written")
"""

# Of the second version of control groups, or of the first.
_MEMORY_LIMIT = """
import pathlib
for name in ("memory.max", "memory/memory.limit_in_bytes"):
    limit = pathlib.Path("/sys/fs/cgroup", name)
    if limit.exists():
        print(limit.read_text())
        break
"""
