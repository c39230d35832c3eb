from __future__ import annotations

import os
from pathlib import Path

import pytest

from tools.support import PYTHON, VERSION, load, script

interpreters = load("interpreters", "3rdparty/tools")
BootstrapError = load("bootstrap_errors", "3rdparty/tools").BootstrapError


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """A machine with an empty home and an empty PATH."""
    return {"HOME": str(tmp_path / "home"), "PATH": str(tmp_path / "bin")}


def a_python(folder: Path, version: str = VERSION) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"python{version}").symlink_to(PYTHON)
    return folder / f"python{version}"


def a_broken_shim(folder: Path) -> Path:
    return script(folder / f"python{VERSION}", "echo 'pyenv: command not found' >&2", "exit 127")


def test_a_shim_that_fails_is_skipped(tmp_path: Path) -> None:
    a_broken_shim(tmp_path / "shims")
    a_python(tmp_path / "real")
    env = {"HOME": str(tmp_path), "PATH": f"{tmp_path / 'shims'}:{tmp_path / 'real'}"}

    found = interpreters.find_interpreter(VERSION, env)

    assert found.samefile(PYTHON)
    assert "shims" not in str(found)


def test_an_interpreter_that_only_a_version_manager_knows_is_found(
    tmp_path: Path, env: dict[str, str]
) -> None:
    a_python(tmp_path / "home/.pyenv/versions" / f"{VERSION}.2" / "bin")

    assert interpreters.find_interpreter(VERSION, env).samefile(PYTHON)


def test_of_several_versions_of_a_version_manager_the_newest_comes_first(
    tmp_path: Path, env: dict[str, str]
) -> None:
    for patch in ("9", "10", "2"):
        a_python(tmp_path / "home/.pyenv/versions" / f"{VERSION}.{patch}" / "bin")

    names = [path.parent.parent.name for path in interpreters.candidates(VERSION, env)]

    assert names[:3] == [f"{VERSION}.10", f"{VERSION}.9", f"{VERSION}.2"]


def test_a_missing_interpreter_says_where_it_looked_and_what_to_install(
    tmp_path: Path, env: dict[str, str]
) -> None:
    a_broken_shim(tmp_path / "bin")
    script(tmp_path / "bin/python3", "printf 'PyPy\\n3.2\\n/usr/bin/pypy3\\n'")

    with pytest.raises(BootstrapError) as raised:
        interpreters.find_interpreter("3.2", env)

    message = str(raised.value)
    assert "no CPython 3.2 runs on this machine" in message
    assert f"\n  {tmp_path / 'bin'}\n" in message
    assert f"{tmp_path / 'bin/python3'}: is PyPy 3.2" in message
    assert "python3.2-venv" in message
    assert "brew install python@3.2" in message
    assert "set PLINTH_PYTHON32 to its executable" in message


def test_why_a_candidate_does_not_serve_is_told(tmp_path: Path) -> None:
    shim = a_broken_shim(tmp_path)

    rejected = interpreters.probe(shim, VERSION)

    assert rejected == interpreters.Rejected(shim, "does not run: pyenv: command not found")


def test_the_override_wins_over_path(tmp_path: Path) -> None:
    on_path, chosen = a_python(tmp_path / "bin"), a_python(tmp_path / "chosen")
    env = {"HOME": str(tmp_path), "PATH": str(on_path.parent)}

    found = interpreters.find_interpreter(
        VERSION, {**env, interpreters.override_variable(VERSION): str(chosen)}
    )

    assert found == interpreters.probe(chosen, VERSION)


def test_an_override_of_another_version_is_an_error_that_names_the_variable(
    env: dict[str, str],
) -> None:
    with pytest.raises(BootstrapError, match=f"PLINTH_PYTHON32 names .*is CPython {VERSION}"):
        interpreters.find_interpreter("3.2", {**env, "PLINTH_PYTHON32": str(PYTHON)})


def test_a_python_without_its_venv_module_does_not_serve(tmp_path: Path) -> None:
    # Debian's python3.11 without python3.11-venv.
    half = script(
        tmp_path / "python3",
        "echo 'Traceback (most recent call last):' >&2",
        "echo \"ModuleNotFoundError: No module named 'ensurepip'\" >&2",
        "exit 1",
    )

    assert "No module named 'ensurepip'" in interpreters.probe(half, VERSION).reason


def test_python_variables_of_the_caller_have_no_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "platform.py").write_text("raise SystemExit('shadowed')")
    monkeypatch.setitem(os.environ, "PYTHONPATH", str(tmp_path))

    assert isinstance(interpreters.probe(PYTHON, VERSION), Path)
