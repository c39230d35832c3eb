"""What a command is doing, on stderr: one line that changes on a terminal, a few lines in a log."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable

from rich.console import Console
from rich.status import Status
from rich.text import Text

# How often a log says how far the functions have come.
_EVERY = 30.0


class Progress:
    """Takes steps from many threads at once, until it is closed.

    A step of one function is shown as part of a sum: `12 of 16: smoke test`. What concerns all of
    them is a line of its own in a log.
    """

    def __init__(
        self,
        console: Console,
        quiet: bool = False,
        every: float = _EVERY,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._console, self._quiet, self._every, self._clock = console, quiet, every, clock
        self._lock = threading.Lock()
        self._started = clock()
        self._headline, self._steps = "", dict[str, str]()
        self._status: Status | None = None
        self._closed = threading.Event()
        self._reporter: threading.Thread | None = None

    def __call__(self, name: str, step: str) -> None:
        if self._quiet:
            return
        with self._lock:
            if name:
                self._steps[name] = step
            else:
                self._headline, self._steps = step, {}
            if self._console.is_terminal:
                self._show()
            elif not name:
                self._print()
            self._start()

    def close(self) -> None:
        """Takes the line away, so that a result can be printed. A later step brings it back."""
        with self._lock:
            if self._status:
                self._status.stop()
            self._status = None
            self._closed.set()
            self._reporter = None

    def line(self) -> str:
        """Seconds, what all do, and how many functions are at which step."""
        counts = Counter(self._steps.values())
        parts = [f"{count} of {len(self._steps)}: {step}" for step, count in counts.items()]
        said = [each for each in (self._headline, ", ".join(parts)) if each]
        return f"{self._clock() - self._started:5.0f} s  {' – '.join(said)}"

    def _show(self) -> None:
        text = Text(self.line(), style="dim", overflow="ellipsis", no_wrap=True)
        if self._status is None:
            self._status = Status(text, console=self._console)
            self._status.start()
        else:
            self._status.update(text)

    def _print(self) -> None:
        self._console.print(self.line(), style="dim", highlight=False, markup=False)

    def _start(self) -> None:
        """Has a log told now and then how far a long work has come."""
        if self._console.is_terminal or self._reporter:
            return
        self._closed = threading.Event()
        self._reporter = threading.Thread(target=self._report, args=(self._closed,), daemon=True)
        self._reporter.start()

    def _report(self, closed: threading.Event) -> None:
        while not closed.wait(self._every):
            with self._lock:
                if not closed.is_set():
                    self._print()
