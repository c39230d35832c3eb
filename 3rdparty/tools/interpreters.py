"""Finds a CPython of a given version that really runs."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bootstrap_errors import BootstrapError

# Asks for all that a tool's environment needs, ensurepip included: Debian packages it apart. The
# base executable outlives a virtual environment that happens to be active.
_PROBE = """
import ensurepip, platform, sys, venv
print(platform.python_implementation(), "%d.%d" % sys.version_info[:2], sep="\\n")
print(getattr(sys, "_base_executable", None) or sys.executable)
"""
_PROBE_LIMIT_SECONDS = 20
_HOMEBREW = ("/opt/homebrew", "/usr/local")


@dataclass(frozen=True)
class Rejected:
    """A candidate that was looked at, and why it does not serve."""

    path: Path
    reason: str


def find_interpreter(version: str, env: Mapping[str, str]) -> Path:
    """The executable of a CPython `version` ("3.9").

    Raises `BootstrapError`, which lists every place that was looked at.
    """
    variable = override_variable(version)
    if variable in env:
        chosen = probe(Path(env[variable]), version)
        if isinstance(chosen, Rejected):
            raise BootstrapError(f"{variable} names {chosen.path}, which {chosen.reason}.")
        return chosen
    rejected = []
    for candidate in candidates(version, env):
        found = probe(candidate, version)
        if isinstance(found, Path):
            return found
        rejected.append(found)
    raise BootstrapError(_not_found(version, env, rejected))


def override_variable(version: str) -> str:
    """The environment variable that names the interpreter to use: PLINTH_PYTHON39."""
    return f"PLINTH_PYTHON{version.replace('.', '')}"


def candidates(version: str, env: Mapping[str, str]) -> Iterator[Path]:
    """Existing executables that may be a CPython `version`, each once, likeliest first."""
    seen = set()
    for folder in _folders(version, env):
        for name in (f"python{version}", "python3", "python"):
            path = folder / name
            if path not in seen and os.access(path, os.X_OK) and path.is_file():
                seen.add(path)
                yield path


def probe(path: Path, version: str) -> Path | Rejected:
    """Runs `path`: the base interpreter's executable if it is a complete CPython `version`."""
    try:
        # -I: the caller's PYTHONPATH must not decide what this interpreter is.
        run = subprocess.run(
            [str(path), "-I", "-c", _PROBE],
            capture_output=True,
            text=True,
            timeout=_PROBE_LIMIT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Rejected(path, f"does not run: {error}")
    if run.returncode != 0:
        lines = run.stderr.strip().splitlines() or [f"it exits with {run.returncode}"]
        return Rejected(path, f"does not run: {lines[-1] if 'Error' in lines[-1] else lines[0]}")
    implementation, found, executable = run.stdout.splitlines()
    if (implementation, found) != ("CPython", version):
        return Rejected(path, f"is {implementation} {found}")
    return Path(executable)


def _folders(version: str, env: Mapping[str, str]) -> Iterator[Path]:
    data = Path(env.get("XDG_DATA_HOME") or _home(env) / ".local/share")
    yield from (Path(entry) for entry in env.get("PATH", "").split(os.pathsep) if entry)
    yield from _installed(_pyenv_versions(env), f"{version}*")
    yield from _installed(
        Path(env.get("UV_PYTHON_INSTALL_DIR") or data / "uv/python"), f"cpython-{version}*"
    )
    yield from (Path(prefix) / f"opt/python@{version}/bin" for prefix in _HOMEBREW)
    yield from (Path(prefix) / "bin" for prefix in (*_HOMEBREW, "/usr"))
    yield Path(f"/Library/Frameworks/Python.framework/Versions/{version}/bin")


def _pyenv_versions(env: Mapping[str, str]) -> Path:
    return Path(env.get("PYENV_ROOT") or _home(env) / ".pyenv") / "versions"


def _home(env: Mapping[str, str]) -> Path:
    return Path(env.get("HOME") or Path.home())


def _installed(root: Path, pattern: str) -> list[Path]:
    """The `bin` folders of the versions that a version manager keeps below `root`, newest first."""
    return sorted((path / "bin" for path in root.glob(pattern)), key=_numbers, reverse=True)


def _numbers(path: Path) -> tuple[int, ...]:
    words = path.parent.name.replace("-", ".").replace("+", ".").split(".")
    return tuple(int(word) for word in words if word.isdigit())


def _not_found(version: str, env: Mapping[str, str], rejected: list[Rejected]) -> str:
    tried = "".join(f"\n  {r.path}: {r.reason}" for r in rejected)
    folders = dict.fromkeys(str(folder) for folder in _folders(version, env))
    return (
        f"no CPython {version} runs on this machine. Looked in"
        + "".join(f"\n  {folder}" for folder in folders)
        + (f"\nfound there, and not usable:{tried}" if tried else "")
        + f"\nInstall Python {version} with its venv module (Debian, Ubuntu: python{version}-venv; "
        f"macOS: brew install python@{version}; anywhere: pyenv install {version}, or "
        f"uv python install {version}), or set {override_variable(version)} to its executable."
    )
