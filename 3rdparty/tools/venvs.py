"""Virtual environments made from a hash lock, once, in the user's cache."""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bootstrap_errors import BootstrapError
from interpreters import find_interpreter

TOOLS = Path(__file__).resolve().parent
_MARKER = "complete"
# Each lock has a folder of its own, whose name is the lock's: dependency updaters work so.
_LOCK = "requirements.txt"
# What pip prints when a distribution has no wheel for this machine's platform.
_NO_WHEEL = "No matching distribution found"


def tool_lock(name: str) -> Path:
    """The lock of one of the build's own tools. Raises `BootstrapError`."""
    lock = TOOLS / name / _LOCK
    if not lock.is_file():
        known = ", ".join(sorted(path.parent.name for path in TOOLS.glob(f"*/{_LOCK}")))
        raise BootstrapError(f"{lock} does not exist. The tools that have a lock: {known}.")
    return lock


def venv_of(lock: Path, version: str, env: Mapping[str, str]) -> Path:
    """The environment of `lock` under CPython `version`, installed if it is not there.

    Its path is keyed by the lock's content, the Python version and the platform. Safe to call from
    several processes at once; what an interrupted one left is made again. Raises `BootstrapError`.
    """
    venv = cache_dir(env) / f"{_name(lock)}-{_key(lock, version)}"
    with locked(venv):
        if not _is_complete(venv):
            _install(venv, lock, version, env)
    return venv


def cache_dir(env: Mapping[str, str]) -> Path:
    """Where tools are kept, for all clones of a user."""
    return Path(env.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "plinth" / "tools"


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keeps other processes out of `path` for the block. The kernel frees a dead owner's lock."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(f".{path.name}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"Waiting for another run that prepares {path.name}.")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def say(line: str) -> None:
    """Progress goes to stderr: stdout is the result."""
    print(line, file=sys.stderr, flush=True)


def pip(venv: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """pip in `venv`, with the machine's configuration of indexes. Its output is captured."""
    command = [str(venv / "bin/python"), "-I", "-m", "pip", *arguments]
    return subprocess.run(
        [*command, "--quiet", "--disable-pip-version-check", "--no-input"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def _name(lock: Path) -> str:
    return lock.resolve().parent.name if lock.name == _LOCK else lock.stem


def _key(lock: Path, version: str) -> str:
    parts = (lock.read_text(), version, sysconfig.get_platform())
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _is_complete(venv: Path) -> bool:
    """Also false when the interpreter that the environment stands on is gone."""
    return (venv / _MARKER).is_file() and os.access(venv / "bin/python", os.X_OK)


def _install(venv: Path, lock: Path, version: str, env: Mapping[str, str]) -> None:
    python = find_interpreter(version, env)
    count = sum(1 for line in lock.read_text().splitlines() if "==" in line)
    say(f"Installing {_name(lock)} ({count} locked distributions) for Python {version} into {venv}")
    made = subprocess.run(
        [str(python), "-I", "-m", "venv", "--clear", str(venv)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if made.returncode != 0:
        raise BootstrapError(f"{python} cannot make {venv}:\n{made.stdout}")
    _install_locked(venv, lock)
    # Last, and only now: whoever finds the marker finds all the rest.
    (venv / _MARKER).touch()


def _install_locked(venv: Path, lock: Path) -> None:
    install = ("install", "--require-hashes", "--no-deps", "--requirement")
    wheels = pip(venv, *install, str(lock), "--only-binary", ":all:")
    if wheels.returncode == 0:
        return
    if _NO_WHEEL not in wheels.stdout:
        raise _pip_failed(lock, wheels.stdout)
    say(f"No wheel of some of {_name(lock)} fits this platform: building them from source.")
    # By build tools that are locked too: left alone, pip would fetch the newest, unhashed.
    if pip(venv, *install, str(TOOLS / "build" / _LOCK)).returncode != 0:
        # Nothing can be installed at all: the first failure tells why.
        raise _pip_failed(lock, wheels.stdout)
    built = pip(venv, *install, str(lock), "--no-build-isolation")
    if built.returncode != 0:
        raise _pip_failed(lock, built.stdout)


def _pip_failed(lock: Path, output: str) -> BootstrapError:
    last = "\n".join(output.splitlines()[-20:])
    return BootstrapError(
        f"pip could not install {lock}. Its last lines:\n{last}\n"
        "It uses this machine's pip configuration (pip.conf, PIP_* variables, proxies). The next "
        "run starts the installation anew."
    )
