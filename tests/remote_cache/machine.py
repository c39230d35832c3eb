"""Clones with caches of their own, as if each had a machine to itself, and what they share."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monorepo.scratch import scratch_copy

_NO_DAEMON = "seconds while waiting for pantsd to start"
_AUTHOR = ("-c", "user.name=Scratch", "-c", "user.email=scratch@localhost")
# It sources what every step of CI does, for what that makes of REMOTE_CACHE.
_AS_A_STEP = '. ci/steps/environment && exec ./pants "$@"'


@dataclass(frozen=True)
class Run:
    """What a run of Pants printed, on either stream."""

    code: int
    text: str

    def passed(self, test: str) -> bool:
        return self.code == 0 and f"✓ {test}:tests succeeded" in self.text

    @property
    def from_the_cache(self) -> tuple[str, ...]:
        """The tests whose results came from the remote cache."""
        return tuple(re.findall(r"^[✓✕] (\S+):tests \w+ in .*\(cached remotely\)", self.text, re.M))

    def counter(self, name: str) -> int:
        """One of Pants' own."""
        found = re.search(rf"^ +{name}: (\d+)$", self.text, re.MULTILINE)
        assert found, self.text
        return int(found[1])


@dataclass(frozen=True)
class Machine:
    """A clone that nothing was run in, with empty caches and a daemon of its own."""

    root: Path
    env: Mapping[str, str]

    @classmethod
    def made(cls, folder: Path, more: Mapping[str, str], cache: str, mode: str) -> Machine:
        """The repository, with more files, by path."""
        root = scratch_copy(folder).root
        for path, text in more.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        env = {
            **os.environ,
            "PANTS_LOCAL_STORE_DIR": str(folder / "store"),
            "PANTS_NAMED_CACHES_DIR": str(folder / "named"),
            "REMOTE_CACHE": f"grpc://{cache}",
            "REMOTE_CACHE_MODE": mode,
        }
        # Pants would start its daemon anew for each edit of what is on the path.
        env.pop("PYTHONPATH", None)
        for arguments in (
            ("init", "--quiet"),
            ("add", "--all"),
            ("commit", "--quiet", "-m", "start"),
        ):
            subprocess.run(("git", *_AUTHOR, *arguments), cwd=root, check=True)
        return cls(root, env)

    def pants(self, *arguments: str) -> Run:
        done = subprocess.run(
            ("bash", "-c", _AS_A_STEP, "ci/steps/test", "--stats-log", *arguments),
            cwd=self.root,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        # For whoever reads a failure: what went before it.
        print(f"{self.root.parent.name}: ./pants {' '.join(arguments)}\n{done.stdout}")
        if _NO_DAEMON in done.stdout:
            # Pants gives its daemon a minute to start, which a busy machine may not manage.
            return self.pants(*arguments)
        return Run(done.returncode, done.stdout)

    def append(self, path: str, text: str) -> None:
        with (self.root / path).open("a") as file:
            file.write(text)

    def close(self) -> None:
        for file in self.root.glob(".pids/*/pantsd/pid"):
            with suppress(ProcessLookupError):
                os.kill(int(file.read_text().strip(". \n")), signal.SIGTERM)


@dataclass(frozen=True)
class Asked:
    """What a cache was asked: how often by method, and the actions that it had no result for."""

    calls: Mapping[str, int]
    missed: tuple[str, ...]

    @property
    def writes(self) -> int:
        return sum(
            self.calls.get(m, 0) for m in ("BatchUpdateBlobs", "Write", "UpdateActionResult")
        )


@dataclass(frozen=True)
class Cache:
    """`ci/cache` on loopback, and the proxy before it, which is what machines are given."""

    state: Path
    proxy: subprocess.Popen[str]
    address: str

    @classmethod
    def started(cls, state: Path) -> Cache:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            real = f"127.0.0.1:{free.getsockname()[1]}"
        _ci_cache("start", state, real)
        tools = subprocess.run(
            ("3rdparty/tools/bootstrap", "venv", "cache", "--python", "3.12"),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout.strip()
        proxy = subprocess.Popen(
            (f"{tools}/bin/python", "-B", "tests/remote_cache/proxy.py", real),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return cls(state, proxy, _line(proxy))

    def turn(self, mode: str) -> Asked:
        """Have it fail or lie from now on; what it was asked until now."""
        assert self.proxy.stdin
        self.proxy.stdin.write(f"{mode}\n")
        self.proxy.stdin.flush()
        said: Any = json.loads(_line(self.proxy))
        return Asked(said["calls"], tuple(said["missed"]))

    def close(self) -> None:
        assert self.proxy.stdin
        self.proxy.stdin.close()
        self.proxy.terminate()
        self.proxy.wait()
        _ci_cache("stop", self.state, "127.0.0.1:1")


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def _ci_cache(verb: str, state: Path, address: str) -> None:
    env = {**os.environ, "PLINTH_CACHE": address, "PLINTH_CACHE_STATE": str(state)}
    done = subprocess.run(("ci/cache", verb), env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
