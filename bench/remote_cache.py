"""What a remote cache is worth to a machine that has nothing."""

from __future__ import annotations

import re
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from clone import Clone
from measure import Figure, say, shown

_NAMES = {
    "alone": "no cache; it fills the remote one",
    "remote": "the remote cache",
    "copied": "a copy of the first one's local cache",
}


@dataclass(frozen=True)
class Machine:
    """Pants' caches in a folder of their own, at first empty or a copy, and its options."""

    name: str
    folder: Path
    env: Mapping[str, str]
    of: Path | None = None

    def figures(self, clone: Clone, commands: Sequence[Sequence[str]]) -> Iterator[Figure]:
        """Seconds of each command, from a cold start, and where its processes came from."""
        env = {
            "PANTS_LOCAL_STORE_DIR": str(self.folder / "store"),
            "PANTS_NAMED_CACHES_DIR": str(self.folder / "named"),
            **self.env,
        }
        if self.of:
            shutil.copytree(self.of, self.folder, symlinks=True)
        for command in commands:
            say(f"{self.name}: ./pants {' '.join(command)}")
            start = time.perf_counter()
            log = clone.pants("--no-pantsd", "--stats-log", *command, env=env)
            seconds = time.perf_counter() - start
            say(f"{self.name}: {shown(seconds, 's')}")
            yield Figure(f"{command[0]}, {_NAMES[self.name]}", "s", (seconds,), _processes(log))


def _processes(log: str) -> str:
    counters = {name: int(count) for name, count in re.findall(r"^  (\w+): (\d+)$", log, re.M)}
    return (
        f"{counters['local_execution_requests']} processes run, "
        f"{counters['remote_cache_requests_cached']} from the remote cache, "
        f"{counters['local_cache_requests_cached']} from the local one"
    )


def remote_cache(clone: Clone, _runs: int, tests: Sequence[str] = ("::",)) -> list[Figure]:
    """`package ::`, then `test ::`, with empty caches: alone, with a remote cache, with a copy"""
    clone.run("ci/services", "start")
    with tempfile.TemporaryDirectory(prefix="plinth-cache-") as kept:
        folder = Path(kept)
        server = {"PLINTH_CACHE": _free(), "PLINTH_CACHE_STATE": str(folder / "server")}
        there = {"PANTS_REMOTE_STORE_ADDRESS": f"grpc://{server['PLINTH_CACHE']}"}
        clone.run("ci/cache", "start", env=server)
        try:
            return [
                figure
                for machine in (
                    Machine(
                        "alone", folder / "alone", {**there, "PANTS_REMOTE_CACHE_WRITE": "true"}
                    ),
                    Machine(
                        "remote", folder / "remote", {**there, "PANTS_REMOTE_CACHE_READ": "true"}
                    ),
                    Machine("copied", folder / "copied", {}, of=folder / "alone"),
                )
                for figure in machine.figures(clone, (("package", "::"), ("test", *tests)))
            ]
        finally:
            clone.run("ci/cache", "stop", env=server)


def _free() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"
