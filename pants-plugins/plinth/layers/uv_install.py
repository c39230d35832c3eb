"""Run uv to unpack locked wheels into a folder, for the runtime's platform whatever this host
is.
"""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from pathlib import Path

from plinth.layers.errors import InstallError
from plinth.layers.index import uv_settings
from plinth.layers.uv_errors import explain

CACHE = ".uv-cache"


def install(requirements: Path, target: Path, platform: str, python_version: str) -> None:
    """Install what `requirements` lists, with its hashes checked and nothing else, into `target`.

    uv's cache is the folder `.uv-cache` here. Raises `InstallError`.
    """
    home = Path(pwd.getpwuid(os.getuid()).pw_dir)
    settings = uv_settings(os.environ, home)
    command = (
        *(_uv(), "pip", "install", "--quiet", "--requirements", str(requirements)),
        *("--target", str(target), "--python", sys.executable, "--no-python-downloads"),
        *("--python-platform", platform, "--python-version", python_version),
        *("--require-hashes", "--no-deps", "--only-binary", ":all:", "--no-compile-bytecode"),
        *settings.argv,
    )
    environment = {**os.environ, **dict(settings.environment)}
    environment.setdefault("HOME", str(home))  # for uv.toml and .netrc
    environment["UV_CACHE_DIR"] = str(Path(CACHE).absolute())
    done = subprocess.run(
        command,
        env=environment,
        check=False,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
    )
    if done.returncode:
        raise InstallError(explain(done.stderr, platform, python_version))


def _uv() -> str:
    # The wheel's own way to find its binary, which stands beside the interpreter's scripts.
    from uv import find_uv_bin

    return str(find_uv_bin())
