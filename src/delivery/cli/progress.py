"""What a command is doing, on stderr: a line that changes on a terminal, a line each elsewhere."""

from __future__ import annotations

import threading
import time

from rich.console import Console


class Progress:
    """Takes steps from many threads at once."""

    def __init__(self, console: Console, quiet: bool = False) -> None:
        self._console, self._quiet = console, quiet
        self._lock = threading.Lock()
        self._started = time.monotonic()

    def __call__(self, name: str, step: str) -> None:
        if self._quiet:
            return
        seconds = time.monotonic() - self._started
        line = f"{seconds:6.1f} s  {name}: {step}" if name else f"{seconds:6.1f} s  {step}"
        with self._lock:
            self._console.print(line, style="dim", highlight=False, markup=False)
