"""Runs a command whose output goes to a log, and shows what it is at for as long as one waits."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

_PASSED = re.compile(r"Completed: Run Pytest - (?P<name>.*) - succeeded\.")
_LOG_LINE = re.compile(r"\d\d:\d\d:\d\d\.\d\d \[[A-Z]+\] (?P<text>.*)")
# What Pants says at the beginning and at the end of its own start.
_STARTING, _STARTED = "waiting for pantsd to start", "Scheduler initialized"
_DAEMON = "Starting Pants' daemon, which later commands find running"
_REASONS = {
    "Installing 3rdparty/python/requirements.txt": "every locked package, once for all tests",
    "Installing 3rdparty/tools/": "a tool's locked packages, once",
}
# In a log, a wait is worth a line after this many seconds.
_WORTH_A_LINE = 10.0


class Failed(Exception):
    """A command that failed."""


class Progress:
    """What a command is at, by the lines that it writes to standard error."""

    def __init__(self) -> None:
        self._since: dict[str, float] = {}
        self._tests: list[str] = []
        self._note = ""
        self._log_began = False

    def read(self, line: str, now: float) -> None:
        """Takes in a line that was written at `now`, in seconds."""
        found = _LOG_LINE.match(line)
        text = found["text"] if found else line.strip()
        task = text.partition(": ")[2]
        if text.startswith("Starting: "):
            self._since[task] = now
        elif test := _PASSED.fullmatch(text):
            # Pants writes that a test has passed, and not that it began.
            self._tests.append(test["name"])
        elif text.startswith("Completed: "):
            self._since.pop(re.sub(r" - (succeeded|failed).*", "", task), None)
        elif text.startswith(_STARTING):
            self._since.setdefault(_DAEMON, now)
        elif text.startswith(_STARTED):
            self._since.pop(_DAEMON, None)
        elif text and not found and not self._log_began:
            # Before Pants starts, its installation writes what it is at.
            self._note = text
        self._log_began = self._log_began or bool(found)

    @property
    def tests(self) -> str:
        """How many tests have passed, and the last of them; empty before the first."""
        if not self._tests:
            return ""
        count = len(self._tests)
        return f"{count} test{'s' * (count != 1)} passed, the last {self._tests[-1]}"

    def longest(self) -> tuple[str, float] | None:
        """What has been going on for longest, and since when; None if that is not known."""
        if not self._since:
            return (self._note, 0.0) if self._note else None
        task = min(self._since, key=lambda each: self._since[each])
        reasons = (why for prefix, why in _REASONS.items() if task.startswith(prefix))
        why = next(reasons, "")
        return f"{task}: {why}" if why else task, self._since[task]


def watched(command: Sequence[str], log: Path, env: Mapping[str, str]) -> tuple[str, str]:
    """What a command wrote to standard output and to standard error, which `log` gets as well.

    Raises `Failed` if it fails.
    """
    progress = Progress()
    with log.open("a") as file, tempfile.TemporaryFile("w+") as output:
        file.write(f"$ {' '.join(command)}\n")
        process = subprocess.Popen(
            command, stdout=output, stderr=subprocess.PIPE, text=True, errors="replace", env=env
        )
        assert process.stderr is not None
        errors: list[str] = []
        reader = threading.Thread(target=_read, args=(process.stderr, progress, errors))
        reader.start()
        try:
            _show_until_the_end(process, progress, " ".join(command))
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
            reader.join()
            output.seek(0)
            written = output.read()
            file.writelines((*errors, written))
    if process.returncode:
        raise Failed(f"`{' '.join(command)}` failed with exit code {process.returncode}")
    return written, "".join(errors)


def _read(stream: IO[str], progress: Progress, lines: list[str]) -> None:
    for line in stream:
        lines.append(line)
        progress.read(line, time.monotonic())


def _show_until_the_end(process: subprocess.Popen[str], progress: Progress, command: str) -> None:
    live = sys.stdout.isatty()
    started, shown = time.monotonic(), set[str]()
    while True:
        try:
            process.wait(0.5)
            break
        except subprocess.TimeoutExpired:
            pass
        now = time.monotonic()
        what, since = progress.longest() or (command, started)
        waited = now - (since or started)
        if live:
            text = f"    … {waited:.0f} s {progress.tests or what}"
            print(f"\r\x1b[K\x1b[2m{text[:79]}\x1b[0m", end="", flush=True)
        elif waited > _WORTH_A_LINE and what not in shown:
            shown.add(what)
            print(f"    … {what}"[:79], flush=True)
    if live:
        print("\r\x1b[K", end="", flush=True)
