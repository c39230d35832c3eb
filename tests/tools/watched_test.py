"""What people see of a command that `make demo` waits for: one changing line, or few in a log."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

from tools.support import ROOT

# Is at something until its standard input ends.
_COMMAND = """
import sys
for line in (
    "Starting: Building a_tool.pex",
    "Completed: Run Pytest - src/ingestion/of_a_long_name_that_is_cut_test.py:tests - succeeded.",
):
    print(f"07:52:37.05 [INFO] {line}", file=sys.stderr, flush=True)
sys.stdin.read()
print("its answer")
"""
_DRIVER = """
import os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from watched import watched
written, errors = watched((sys.executable, "-c", sys.argv[3]), Path(sys.argv[2]), os.environ)
sys.stderr.write(f"{written!r} {errors.count('INFO')}")
"""


def driver(folder: Path, stdout: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        (sys.executable, "-c", _DRIVER, str(ROOT / "ci"), str(folder / "log"), _COMMAND),
        stdin=subprocess.PIPE,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_terminal_has_one_line_that_changes_and_is_gone_at_the_end(tmp_path: Path) -> None:
    terminal, theirs = pty.openpty()
    process = driver(tmp_path, theirs)
    os.close(theirs)
    seen = ""
    while "1 test passed" not in seen:
        seen += os.read(terminal, 4096).decode()
    _, errors = process.communicate("", timeout=60)
    try:
        while more := os.read(terminal, 4096):
            seen += more.decode()
    except OSError:
        # Linux's way of saying that the other side has closed it.
        pass
    os.close(terminal)
    assert errors == "'its answer\\n' 2"
    assert "\n" not in seen
    *lines, last = seen.split("\r\x1b[K")
    assert last == ""
    shown = [line.removeprefix("\x1b[2m").removesuffix("\x1b[0m") for line in lines if line]
    assert shown
    assert all(len(line) < 80 and line.startswith("    … ") for line in shown)
    assert "1 test passed, the last src/ingestion/of_a_long_name" in shown[-1]


def test_a_log_has_no_line_for_what_ends_soon(tmp_path: Path) -> None:
    process = driver(tmp_path, subprocess.PIPE)
    printed, errors = process.communicate("", timeout=60)
    assert (printed, errors) == ("", "'its answer\\n' 2")
    assert "Building a_tool.pex" in (tmp_path / "log").read_text()
