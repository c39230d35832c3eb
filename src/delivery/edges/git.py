"""Whether a commit is on the main branch: asked of the repository that the command runs in."""

from __future__ import annotations

import subprocess
from pathlib import Path


def not_on_main(folder: Path, commit: str, main: str) -> str:
    """Why the commit is not known to be on `main`; empty when it is there."""
    command = ["git", "merge-base", "--is-ancestor", commit, main]
    try:
        asked = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, check=False, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"git cannot tell whether {commit[:12]} is on {main} ({error})"
    if asked.returncode == 0:
        return ""
    if asked.returncode == 1:
        return f"{commit[:12]} is not on {main}"
    said = asked.stderr.strip().splitlines()[-1:] or ["no reason given"]
    return (
        f"git cannot tell whether {commit[:12]} is on {main} ({said[0]}); "
        "a shallow clone does not know: `git fetch --unshallow`"
    )


def root_of(folder: Path) -> Path:
    """The repository's root, or the folder itself outside of one."""
    asked = subprocess.run(
        ["git", "rev-parse", "--show-toplevel"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return Path(asked.stdout.strip()) if asked.returncode == 0 else folder
