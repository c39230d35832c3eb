"""What the tests of the build's own tools share: a scratch copy of them, and stand-ins."""

from __future__ import annotations

import base64
import hashlib
import importlib
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]
# The interpreter itself, where the test runs in a virtual environment.
PYTHON = Path(getattr(sys, "_base_executable", None) or sys.executable)
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"


def load(name: str, folder: str) -> ModuleType:
    """A module of the tools, which no source root of Pants holds."""
    path = str(ROOT / folder)
    if path not in sys.path:
        sys.path.insert(0, path)
    return importlib.import_module(name)


def script(path: Path, *lines: str) -> Path:
    """An executable bash script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(("#!/usr/bin/env bash", *lines, "")))
    path.chmod(0o755)
    return path


def copy_tools(root: Path) -> Path:
    """The launcher and the bootstrap code below `root`, without the locks."""
    tools = root / "3rdparty/tools"
    tools.mkdir(parents=True)
    shutil.copy2(ROOT / "pants", root / "pants")
    for name in ("bootstrap", "python"):
        shutil.copy2(ROOT / "3rdparty/tools" / name, tools / name)
    for path in (ROOT / "3rdparty/tools").glob("*.py"):
        shutil.copy2(path, tools / path.name)
    return tools


def quick_python(folder: Path, template: Path, version: str = VERSION) -> Path:
    """The Python of this test, which says that it is `version` and copies `template` for a venv.

    So the machine need not have every version, and a test does not wait for pip to be installed.
    """
    claim = f"printf 'CPython\\n{version}\\n%s\\n' \"$0\"; exit"
    copy = f'rm -rf "$5"; mkdir -p "${{5%/*}}"; cp -Rp "{template}" "$5"; exit'
    return script(
        folder / f"python{version}",
        f'case "$*" in *ensurepip,*) {claim} ;; "-I -m venv --clear "*) {copy} ;; esac',
        f'exec "{PYTHON}" "$@"',
    )


def make_wheel(folder: Path, name: str, version: str, files: Mapping[str, str]) -> Path:
    """A wheel that pip installs, with `files`."""
    folder.mkdir(parents=True, exist_ok=True)
    module = name.replace("-", "_")
    info = f"{module}-{version}.dist-info"
    content = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    wheel = folder / f"{module}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in content.items():
            archive.writestr(path, text)
        archive.writestr(f"{info}/RECORD", _record(content, info))
    return wheel


def locked(*distributions: Path) -> str:
    """A lock of wheels and source distributions, as uv writes it."""
    return "".join(
        f"{'=='.join(_name_and_version(path))} \\\n    --hash=sha256:{sha256(path)}\n"
        for path in distributions
    )


def write_lock(tools: Path, name: str, text: str) -> None:
    (tools / name).mkdir(exist_ok=True)
    (tools / name / "requirements.txt").write_text(text)


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def environment(home: Path, wheels: Path, **more: str) -> dict[str, str]:
    """No network, no configuration of this machine: pip sees `wheels` alone."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": wheels.as_uri(),
        **more,
    }


def run(
    command: list[str | Path], env: Mapping[str, str], cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs to its end, within a limit; fails no test by itself."""
    return subprocess.run(
        command, env=env, cwd=cwd, capture_output=True, text=True, check=False, timeout=120
    )


def _name_and_version(path: Path) -> tuple[str, str]:
    name, version = path.name.removesuffix(".tar.gz").split("-")[:2]
    return name, version


def _record(content: Mapping[str, str], info: str) -> str:
    rows = []
    for path, text in content.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=")
        rows.append(f"{path},sha256={digest.decode()},{len(text.encode())}")
    return "\n".join((*rows, f"{info}/RECORD,,", ""))
