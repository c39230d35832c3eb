"""A remote cache, real and on loopback, and a clone with empty caches: what runs, what is believed.

Every run is Pants in a scratch copy of this repository, with stores of its own. One unit test is
run: it needs no locked package but pytest's, so a run without any cache is bounded, too.
"""

from __future__ import annotations

import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from monorepo.scratch import scratch_copy

TEST = "tests/workflows/plan_test.py"
PASSED = f"✓ {TEST}:tests succeeded"


@dataclass(frozen=True)
class Run:
    """What a run printed, on either stream."""

    code: int
    text: str

    @property
    def passed(self) -> bool:
        return self.code == 0 and PASSED in self.text

    @property
    def is_from_the_cache(self) -> bool:
        return any(PASSED in line and "cached remotely" in line for line in self.text.splitlines())


@dataclass
class Machine:
    """A scratch copy that was never run in; each run begins with empty stores."""

    root: Path
    folder: Path
    runs: int = 0

    def test(self, address: str, mode: str) -> Run:
        self.runs += 1
        stores = self.folder / f"stores-{self.runs}"
        env = {
            **os.environ,
            "PANTS_LOCAL_STORE_DIR": str(stores / "store"),
            "PANTS_NAMED_CACHES_DIR": str(stores / "named"),
            "REMOTE_CACHE": address,
            "REMOTE_CACHE_MODE": mode,
            # What the steps do with it is what is tried.
            "SPECS": "",
        }
        env.pop("PYTHONPATH", None)
        script = '. ci/steps/environment && exec ./pants --no-pantsd test "$@"'
        done = subprocess.run(
            ("bash", "-c", script, "ci/steps/test", TEST),
            cwd=self.root,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=600,
        )
        return Run(done.returncode, done.stdout)


@dataclass(frozen=True)
class Cache:
    """`ci/cache`, on a port that was free."""

    root: Path
    state: Path
    port: int

    @property
    def address(self) -> str:
        return f"grpc://127.0.0.1:{self.port}"

    @property
    def blobs(self) -> tuple[Path, ...]:
        content = self.state / "plinth/cache/content"
        return tuple(path for path in content.rglob("*") if path.is_file())

    def command(self, verb: str) -> None:
        env = {
            **os.environ,
            "PLINTH_CACHE": f"127.0.0.1:{self.port}",
            "XDG_CACHE_HOME": str(self.state),
        }
        done = subprocess.run(
            ("ci/cache", verb), cwd=self.root, env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    folder = tmp_path_factory.mktemp("machine")
    return Machine(scratch_copy(folder).root, folder)


@pytest.fixture(scope="module")
def cache(machine: Machine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cache]:
    """It holds what one machine has run, and main alone has written."""
    started = Cache(machine.root, tmp_path_factory.mktemp("cache"), free_port())
    # The server's own installation is this machine's, and not made again.
    tools = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "plinth/tools"
    (started.state / "plinth").mkdir()
    (started.state / "plinth/tools").symlink_to(tools)
    started.command("start")
    try:
        first = machine.test(started.address, "write")
        assert first.passed, first.text
        assert not first.is_from_the_cache
        yield started
    finally:
        started.command("stop")


def test_an_unchanged_fresh_clone_runs_no_test_process(machine: Machine, cache: Cache) -> None:
    found = machine.test(cache.address, "read")

    assert found.passed, found.text
    assert found.is_from_the_cache, found.text


def test_main_believes_no_cache(machine: Machine, cache: Cache) -> None:
    """Whatever result stands there under an action, what is released was run for it."""
    found = machine.test(cache.address, "write")

    assert found.passed, found.text
    assert not found.is_from_the_cache


def test_a_pull_request_writes_nothing(machine: Machine, cache: Cache) -> None:
    test = machine.root / TEST
    before = {path: path.stat().st_mtime_ns for path in cache.blobs}
    text = test.read_text()
    try:
        test.write_text(f"{text}\n# Nobody has run this yet.\n")
        found = machine.test(cache.address, "read")
    finally:
        test.write_text(text)

    assert found.passed, found.text
    assert not found.is_from_the_cache
    assert set(cache.blobs) == before.keys()


def test_a_cache_that_is_down_costs_no_build(machine: Machine) -> None:
    found = machine.test(f"grpc://127.0.0.1:{free_port()}", "read")

    assert found.passed, found.text


class Stalling:
    """Takes connections and never answers: the slowest cache there is."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._taken: list[socket.socket] = []
        self.address = f"grpc://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._take, daemon=True).start()

    def _take(self) -> None:
        with suppress(OSError):
            while True:
                self._taken.append(self._socket.accept()[0])

    def close(self) -> None:
        for each in (self._socket, *self._taken):
            each.close()


def test_a_cache_that_never_answers_costs_no_build(machine: Machine) -> None:
    with closing(Stalling()) as stalling:
        found = machine.test(stalling.address, "read")

    assert found.passed, found.text


def test_a_cache_that_is_full_costs_no_build(machine: Machine, cache: Cache) -> None:
    """It can store nothing: its folder is a file for the while."""
    content = cache.state / "plinth/cache/content"
    away = content.rename(content.with_name("away"))
    content.write_text("")
    try:
        found = machine.test(cache.address, "write")
    finally:
        content.unlink()
        away.rename(content)

    assert found.passed, found.text


# Last: it breaks what the others use.
def test_wrong_bytes_under_a_digest_are_not_believed(machine: Machine, cache: Cache) -> None:
    blobs = cache.blobs
    assert blobs
    for blob in blobs:
        blob.write_bytes(bytes(byte ^ 1 for byte in blob.read_bytes()))

    found = machine.test(cache.address, "read")

    assert found.passed, found.text
    assert not found.is_from_the_cache
