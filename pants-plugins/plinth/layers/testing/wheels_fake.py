"""Tiny wheels for tests, and the sandbox that installs them without an index."""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

PLUGINS = Path(__file__).parents[3]


def make_wheel(
    folder: Path,
    name: str,
    files: Mapping[str, str],
    *,
    version: str = "1.0",
    tag: str = "py3-none-any",
    requires: tuple[str, ...] = (),
    executable: tuple[str, ...] = (),
) -> str:
    """Write a wheel, and return the locked requirement for it."""
    info = f"{name}-{version}.dist-info"
    needs = "".join(f"Requires-Dist: {text}\n" for text in requires)
    contents = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    record = "".join(f"{path},{_hash(text)},{len(text)}\n" for path, text in contents.items())
    contents[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n"
    folder.mkdir(parents=True, exist_ok=True)
    wheel = folder / f"{name}-{version}-{tag}.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in contents.items():
            entry = zipfile.ZipInfo(path)
            entry.external_attr = (0o100755 if path in executable else 0o100644) << 16
            archive.writestr(entry, text)
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    return f"{name}=={version} --hash=sha256:{digest}\n"


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return "sha256=" + base64.urlsafe_b64encode(digest).decode().rstrip("=")


def run_module(
    module: ModuleType, argv: tuple[str, ...], sandbox: Path, wheels: Path, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a sandboxed module in the folder `sandbox`; this Python counts as the runtime's."""
    sandbox.mkdir(parents=True, exist_ok=True)
    main = (
        "import runpy; from plinth.archive import interpreter; "
        f"interpreter.VERSION = {sys.version_info[:2]!r}; "
        f"runpy.run_module({module.__name__!r}, run_name='__main__')"
    )
    return subprocess.run(
        (sys.executable, "-B", "-c", main, *argv),
        cwd=sandbox,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join([str(PLUGINS), *filter(None, sys.path)]),
            "UV_NO_CONFIG": "1",
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(wheels),
            **environment,
        },
        check=False,
        capture_output=True,
        encoding="utf-8",
    )
