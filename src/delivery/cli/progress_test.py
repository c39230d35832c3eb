"""Progress is one changing line on a terminal, and few lines where nobody watches."""

from __future__ import annotations

from io import StringIO
from threading import Event

from rich.console import Console

from delivery.cli.progress import Progress


class Log(StringIO):
    """Says when it has as many lines as are waited for."""

    def __init__(self, lines: int) -> None:
        super().__init__()
        self._wanted, self.full = lines, Event()

    def write(self, text: str) -> int:
        written = super().write(text)
        if self.getvalue().count("\n") >= self._wanted:
            self.full.set()
        return written


def logged(file: StringIO, every: float = 30.0) -> Progress:
    return Progress(Console(file=file, width=200), every=every, clock=lambda: 0.0)


def promote(progress: Progress, functions: int) -> None:
    progress("", "makes and tries 100 versions")
    for step in ("updates its code", "publishes a version", "smoke test", "ready"):
        for number in range(functions):
            progress(f"lambda-{number}", step)
    progress("", "moves 100 aliases")
    progress.close()


def test_a_log_has_a_line_for_each_phase_and_none_for_each_function() -> None:
    file = StringIO()
    promote(logged(file), 100)
    assert file.getvalue().splitlines() == [
        "    0 s  makes and tries 100 versions",
        "    0 s  moves 100 aliases",
    ]


def test_a_log_says_now_and_then_how_far_a_long_phase_is() -> None:
    file = Log(2)
    progress = logged(file, every=0.001)
    progress("", "makes and tries 3 versions")
    for name, step in (("a", "ready"), ("b", "smoke test"), ("c", "smoke test")):
        progress(name, step)
    assert file.full.wait(20)
    progress.close()
    last = file.getvalue().splitlines()[-1]
    assert "makes and tries 3 versions" in last


def test_the_sum_names_how_many_are_at_which_step() -> None:
    progress = logged(StringIO())
    progress("", "makes and tries 3 versions")
    for name, step in (("a", "ready"), ("b", "smoke test"), ("c", "smoke test")):
        progress(name, step)
    assert progress.line() == (
        "    0 s  makes and tries 3 versions – 1 of 3: ready, 2 of 3: smoke test"
    )
    progress.close()


def test_a_terminal_has_one_line_that_is_gone_at_the_end() -> None:
    file = StringIO()
    console = Console(file=file, force_terminal=True, width=100, height=20, color_system=None)
    promote(Progress(console), 100)
    shown = file.getvalue()
    # Each line break is followed by the way back up: the screen never scrolls.
    assert shown.count("\n") <= 2
    assert "moves 100 aliases" in shown
    assert shown.rstrip().endswith("\x1b[2K")


def test_nothing_is_printed_beside_json() -> None:
    file = StringIO()
    promote(Progress(Console(file=file), quiet=True), 3)
    assert file.getvalue() == ""
