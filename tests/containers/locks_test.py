from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from containers import locks


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def test_one_holder_at_a_time() -> None:
    with locks.held("a") as first, locks.held("a") as second, locks.held("b") as other:
        assert (first, second, other) == (True, False, True)
        assert locks.is_held("a")
    assert not locks.is_held("a")


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    with locks.held("a"):
        pass
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_dead_holder_holds_nothing(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys, tempfile; from containers import locks\n"
        "tempfile.tempdir = sys.argv[1]\n"
        "with locks.held('a') as ours:\n"
        "    print(ours, flush=True); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    holder = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (holder.stdout, holder.stderr) == ("True\n", "")
    assert list(tmp_path.rglob("a.lock"))
    assert not locks.is_held("a")
