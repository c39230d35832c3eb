from __future__ import annotations

import stat
import subprocess
from pathlib import Path

from plinth.layers import wheel_member
from plinth.layers.testing.wheels_fake import make_wheel, run_module


def take(sandbox: Path, path: str, *more: str) -> subprocess.CompletedProcess[str]:
    wheels = sandbox.parent / "wheels"
    locked = make_wheel(wheels, "tool", {"tool/bin/run-x86_64": "#!/bin/sh\n", "tool/a.py": ""})
    sandbox.mkdir()
    (sandbox / "locked.txt").write_text(locked)
    argv = (
        *("--requirements", "locked.txt", "--platform", "x86_64-manylinux_2_36"),
        *("--python-version", "3.11.2", "--path", path, "--out", "tests/emulator", *more),
    )
    return run_module(wheel_member, argv, sandbox, wheels)


def test_the_file_is_taken_with_the_mode_that_is_asked_for(tmp_path: Path) -> None:
    done = take(tmp_path / "plain", "tool/bin/run-x86_64")
    assert done.returncode == 0, done.stderr
    plain = tmp_path / "plain/tests/emulator"
    assert plain.read_text() == "#!/bin/sh\n"
    assert stat.S_IMODE(plain.stat().st_mode) == 0o644
    assert take(tmp_path / "run", "tool/bin/run-x86_64", "--executable").returncode == 0
    assert stat.S_IMODE((tmp_path / "run/tests/emulator").stat().st_mode) == 0o755


def test_a_path_that_the_wheel_lacks_is_an_error_with_a_hint(tmp_path: Path) -> None:
    done = take(tmp_path / "sandbox", "tool/run-x86_64")
    assert done.returncode == 1
    assert done.stderr == (
        "the wheel has no file tool/run-x86_64. The wheel has tool/bin/run-x86_64.\n"
    )
