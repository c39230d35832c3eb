"""A background process that outlives the command which started it, and a record of it."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from machine.errors import ServiceError

_POLL_SECONDS = 0.05
_SAY_EVERY_SECONDS = 10
# dockerd stops its containers first, each with ten seconds of grace.
_STOP_LIMIT_SECONDS = 30


@dataclass(frozen=True)
class Daemon:
    """The process that `start` started under `name`, if any. It is known by its id and start time.

    The id alone is not enough: after a reboot another process may have it.
    """

    state: Path
    name: str

    @property
    def log(self) -> Path:
        return self.state / f"{self.name}.log"

    def start(
        self, command: tuple[str, ...], is_up: Callable[[], bool], limit_seconds: float
    ) -> int:
        """Runs `command` in the background until it is up, and returns its id.

        Says on standard error every ten seconds that it still waits, and for what.
        Raises `ServiceError` with the end of its log if it ends, or is not up within the limit.
        """
        if self.pid() is not None:
            raise ServiceError(
                f"{self.name}: process {self.pid()}, started by ci/services, does not serve what "
                "is asked for now. Run `ci/services stop`, then start again."
            )
        self.state.mkdir(parents=True, exist_ok=True)
        with self.log.open("wb") as log:
            # A session of its own: neither the terminal's hang-up nor its Ctrl-C reaches it.
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        self._record.write_text(
            json.dumps({"pid": process.pid, "started": start_time(process.pid)})
        )
        began = said = time.monotonic()
        while not is_up():
            now = time.monotonic()
            if process.poll() is not None:
                self._record.unlink()
                raise ServiceError(
                    f"{self.name} ended with {process.returncode}. {self._log_end()}"
                )
            if now - began > limit_seconds:
                self.stop()
                raise ServiceError(
                    f"{self.name} did not come up within {limit_seconds:g} s. {self._log_end()}"
                )
            if now - said > _SAY_EVERY_SECONDS:
                said = now
                print(
                    f"{self.name}: not up after {now - began:.0f} s, waiting for at most "
                    f"{limit_seconds:g} s (log {self.log})",
                    file=sys.stderr,
                    flush=True,
                )
            time.sleep(_POLL_SECONDS)
        return process.pid

    def stop(self) -> str:
        """Stops the process if it is still the one that was started, and says what it did."""
        pid = self.pid()
        self._record.unlink(missing_ok=True)
        if pid is None:
            return f"{self.name}: not started by ci/services, left alone"
        for sign in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.kill(pid, sign)
            if _wait(lambda: not _runs(pid), _STOP_LIMIT_SECONDS):
                return f"{self.name}: stopped (process {pid})"
        raise ServiceError(f"{self.name}: process {pid} does not end. See {self.log}.")

    def pid(self) -> int | None:
        """The process that `start` started, while it runs."""
        try:
            record = json.loads(self._record.read_text())
            pid, started = int(record["pid"]), record["started"]
        except (OSError, ValueError, KeyError):
            return None
        return pid if _runs(pid) and start_time(pid) == started else None

    @property
    def _record(self) -> Path:
        return self.state / f"{self.name}.json"

    def _log_end(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-20:]
        return f"The last lines of {self.log}:\n" + "\n".join(lines)


def start_time(pid: int) -> str:
    """When process `pid` started, in the system's own terms; empty if there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        run = subprocess.run(
            ["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
        )
        return run.stdout.strip()
    # Field 22 in proc(5). The command's name may hold spaces and brackets: count after it.
    return stat.rpartition(")")[2].split()[19]


@contextmanager
def exclusive(state: Path) -> Iterator[None]:
    """Two runs at once take turns, so that the second finds what the first has started."""
    state.mkdir(parents=True, exist_ok=True)
    with (state / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _runs(pid: int) -> bool:
    with suppress(ChildProcessError):
        # Collects it if it is our own child, which would stay a zombie.
        os.waitpid(pid, os.WNOHANG)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _wait(condition: Callable[[], bool], limit_seconds: float) -> bool:
    deadline = time.monotonic() + limit_seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True
