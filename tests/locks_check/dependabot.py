"""How Dependabot's ecosystem `uv` moves one package of a lock: the same command, the same edits.

Read in dependabot-core at 0f0fa83 (`uv/file_updater/compile_file_updater.rb`). It sees the two
files alone, in a folder of their own, without this repository around them.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

IN, LOCK = "requirements.in", "requirements.txt"
_PYTHON_VERSION = re.compile(r"--python-version[=\s]+(\d+\.\d+(?:\.\d+)?)")
# An option of the command, and the text of a lock that has Dependabot give it.
_BY_TEXT = (
    ("--emit-index-url", "index-url http"),
    ("--generate-hashes", "--hash=sha"),
    ("--pre", "--pre"),
    ("--no-strip-extras", "--no-strip-extras"),
    ("--universal", "--universal"),
)


def options(lock: str) -> tuple[str, ...]:
    """What it takes from the text of a lock; nothing else is read."""
    version = _PYTHON_VERSION.search(lock)
    return (
        "--build-isolation",
        f"--output-file={LOCK}",
        *(option for option, text in _BY_TEXT if text in lock),
        *(() if "# via " in lock else ("--no-annotate",)),
        *((f"--python-version={version[1]}",) if version else ()),
    )


def update(
    folder: Path, name: str, version: str, uv: tuple[str, ...], env: Mapping[str, str]
) -> None:
    """Moves `name` to `version` in the folder's two files. Raises `CalledProcessError`."""
    lock, requirements = folder / LOCK, folder / IN
    before = lock.read_text()
    # A pin follows; a line without one stays as it is.
    requirements.write_text(
        re.sub(rf"(?m)^({re.escape(name)})==[^\s;]+", rf"\1=={version}", requirements.read_text())
    )
    command = (*uv, "pip", "compile", *options(before), "-P", f"{name}=={version}", IN)
    subprocess.run(command, cwd=folder, env=env, check=True, capture_output=True, text=True)
    lock.write_text(_head(before) + _body(lock.read_text()))


def _head(lock: str) -> str:
    return lock[: len(lock) - len(_body(lock))]


def _body(lock: str) -> str:
    return re.sub(r"\A(#.*\n)*", "", lock)
