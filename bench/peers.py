"""Nx and Turborepo, installed from their lock into the per-user cache."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from measure import say

LOCKED = Path(__file__).resolve().parent / "peers"
_FILES = ("package.json", "package-lock.json")


def installed_peers() -> Path:
    """A `node_modules` folder with both. Raises `SystemExit` where npm is not there or fails."""
    key = hashlib.sha256(b"".join((LOCKED / name).read_bytes() for name in _FILES)).hexdigest()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "plinth/bench" / f"peers-{key[:16]}"
    if not folder.exists():
        _install(folder)
    return folder / "node_modules"


def _install(folder: Path) -> None:
    npm = shutil.which("npm")
    if not npm:
        raise SystemExit("bench: Nx and Turborepo need Node and its npm on PATH; install them.")
    say("installing Nx and Turborepo")
    partial = folder.with_name(f"{folder.name}.{os.getpid()}")
    partial.mkdir(parents=True)
    try:
        for name in _FILES:
            shutil.copy(LOCKED / name, partial)
        # Not `npm ci`, which refuses a lock without the programs of platforms that it was not made
        # on. No install script runs: it could download what no hash locks.
        command = [
            npm,
            "install",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
        ]
        subprocess.run(command, cwd=partial, check=True)
        partial.rename(folder)
    except subprocess.CalledProcessError as error:
        raise SystemExit(f"bench: npm could not install {LOCKED}: {error}") from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)
