from __future__ import annotations

import io
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from tools.support import (
    PYTHON,
    VERSION,
    copy_tools,
    environment,
    locked,
    make_wheel,
    quick_python,
    run,
    script,
    write_lock,
)

OVERRIDE = f"PLINTH_PYTHON{VERSION.replace('.', '')}"


@dataclass(frozen=True)
class Machine:
    """A scratch repository whose lock `demo` holds one wheel, and a machine that has its file."""

    tools: Path
    wheels: Path
    env: dict[str, str]

    @property
    def wheel(self) -> Path:
        return self.wheels / "demo-1.0-py3-none-any.whl"

    def command(self, *arguments: str) -> list[str | Path]:
        return [self.tools / "bootstrap", *arguments]

    def venv(self) -> subprocess.CompletedProcess[str]:
        return run(self.command("venv", "demo", "--python", VERSION), self.env)

    def installed(self, venv: str) -> str:
        python = Path(venv.strip()) / "bin/python"
        return run([python, "-c", "import demo; print(demo.answer)"], self.env).stdout


@pytest.fixture
def machine(tmp_path: Path, template: Path) -> Machine:
    tools, wheels = copy_tools(tmp_path / "repository"), tmp_path / "wheels"
    wheel = make_wheel(wheels, "demo", "1.0", {"demo.py": "answer = 42\n"})
    write_lock(tools, "demo", locked(wheel))
    python = quick_python(tmp_path / "python", template)
    env = environment(tmp_path / "home", wheels, **{OVERRIDE: str(python)})
    return Machine(tools, wheels, env)


def test_the_second_run_fetches_nothing_and_says_nothing(machine: Machine) -> None:
    # This one with a real interpreter.
    machine.env[OVERRIDE] = str(PYTHON)
    first = machine.venv()
    assert first.returncode == 0, first.stderr
    assert "Installing demo (1 locked distributions)" in first.stderr
    machine.wheel.unlink()

    second = machine.venv()

    assert (second.returncode, second.stdout, second.stderr) == (0, first.stdout, "")
    assert machine.installed(second.stdout) == "42\n"


def test_an_interrupted_installation_is_finished_by_the_next_run(machine: Machine) -> None:
    away = machine.wheel.rename(machine.wheels.parent / machine.wheel.name)
    interrupted = machine.venv()
    assert interrupted.returncode == 1
    assert "pip could not install" in interrupted.stderr
    (left,) = (machine.tools.parents[2] / "home/.cache/plinth/tools").glob("demo-*")
    assert not (left / "complete").exists()
    away.rename(machine.wheel)

    finished = machine.venv()

    assert finished.returncode == 0, finished.stderr
    assert machine.installed(finished.stdout) == "42\n"


def test_two_first_runs_at_once_install_once(machine: Machine) -> None:
    both = [
        subprocess.Popen(
            machine.command("venv", "demo", "--python", VERSION),
            env=machine.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    outputs = [process.communicate(timeout=120) for process in both]

    assert [process.returncode for process in both] == [0, 0]
    assert outputs[0][0] == outputs[1][0]
    assert sum("Installing demo" in progress for _, progress in outputs) == 1
    assert machine.installed(outputs[0][0]) == "42\n"


def test_an_environment_whose_interpreter_is_gone_is_made_again(machine: Machine) -> None:
    venv = Path(machine.venv().stdout.strip())
    (venv / "bin/python").unlink()

    again = machine.venv()

    assert again.returncode == 0, again.stderr
    assert machine.installed(again.stdout) == "42\n"


def test_another_file_than_the_locked_one_is_refused(machine: Machine) -> None:
    make_wheel(machine.wheels, "demo", "1.0", {"demo.py": "answer = 'evil'\n"})

    refused = machine.venv()

    assert refused.returncode == 1
    assert "THESE PACKAGES DO NOT MATCH THE HASHES" in refused.stderr


def test_a_lock_without_hashes_is_refused(machine: Machine) -> None:
    write_lock(machine.tools, "demo", "demo==1.0\n")

    refused = machine.venv()

    assert refused.returncode == 1
    assert "Hashes are required in --require-hashes mode" in refused.stderr


def test_another_lock_is_another_environment(machine: Machine) -> None:
    first = machine.venv()
    lock = machine.tools / "demo/requirements.txt"
    lock.write_text(lock.read_text() + "# changed\n")

    assert machine.venv().stdout != first.stdout


def test_a_source_distribution_is_built_without_fetching_its_build_tools(machine: Machine) -> None:
    # It asks for a build tool that no index here has: only an isolated build would look for it.
    machine.wheel.unlink()
    source = _source_distribution(machine.wheels)
    write_lock(machine.tools, "demo", locked(source))
    build_tool = make_wheel(machine.wheels, "buildtool", "1.0", {"buildtool.py": ""})
    write_lock(machine.tools, "build", locked(build_tool))

    built = machine.venv()

    assert built.returncode == 0, built.stderr
    assert "building them from source" in built.stderr
    assert machine.installed(built.stdout) == "42\n"


def test_an_unknown_tool_is_answered_with_those_there_are(machine: Machine) -> None:
    answer = run(machine.command("venv", "demmo"), machine.env)

    assert answer.returncode == 1
    assert (
        "demmo/requirements.txt does not exist. The tools that have a lock: demo." in answer.stderr
    )


def test_a_user_without_the_home_variable_is_served(machine: Machine, tmp_path: Path) -> None:
    env = {name: value for name, value in machine.env.items() if name != "HOME"}

    made = run(
        machine.command("venv", "demo", "--python", VERSION),
        {**env, "XDG_CACHE_HOME": str(tmp_path / "cache")},
    )

    assert made.returncode == 0, made.stderr


def test_no_python_at_all_says_what_to_install(machine: Machine, tmp_path: Path) -> None:
    broken = script(tmp_path / "broken", "exit 127")
    text = (machine.tools / "python").read_text()
    for name in ("python3", "python3.11", "python3.9", "python"):
        script(tmp_path / "bin" / name, "exit 127")
    # The usual folders of this machine have a Python: the script must not find it there.
    for path in ("/usr/bin/python3", "/usr/local/bin/python3", "/opt/homebrew/bin/python3"):
        text = text.replace(path, str(broken))
    (machine.tools / "python").write_text(text)

    answer = run(
        machine.command("venv", "demo"),
        {"HOME": str(tmp_path), "PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin"},
    )

    assert answer.returncode == 1
    assert "Install Python 3.9 and 3.11, or set PLINTH_PYTHON39" in answer.stderr


def _source_distribution(folder: Path) -> Path:
    backend = f"""
import base64, hashlib, sys
sys.path.insert(0, {str(Path(__file__).resolve().parents[1])!r})
from pathlib import Path
from tools.support import make_wheel

def build_wheel(directory, config_settings=None, metadata_directory=None):
    return make_wheel(Path(directory), "demo", "1.0", {{"demo.py": "answer = 42\\n"}}).name
"""
    project = (
        '[build-system]\nrequires = ["not-on-any-index"]\n'
        'build-backend = "backend"\nbackend-path = ["."]\n'
    )
    files = {"backend.py": backend, "pyproject.toml": project, "PKG-INFO": "Name: demo\n"}
    path = folder / "demo-1.0.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(f"demo-1.0/{name}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return path
