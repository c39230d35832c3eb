"""A scratch copy of this repository, to edit and to run Pants in."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Scratch:
    """A copy of the repository as it stands, with what is not committed."""

    root: Path

    def replace(self, path: str, old: str, new: str) -> None:
        """Edit a file; what is replaced must be there."""
        text = (self.root / path).read_text()
        assert old in text, f"{path} has no {old!r}"
        (self.root / path).write_text(text.replace(old, new))

    def move(self, path: str, target: str) -> None:
        """Move a file."""
        (self.root / path).rename(self.root / target)

    def pants(self, *arguments: str) -> str:
        """What Pants prints. It must succeed, and has no daemon, which would outlive the copy."""
        return self.run(*arguments).stdout

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The same, with what it reports on standard error."""
        done = subprocess.run(
            ["./pants", "--no-pantsd", "--no-dynamic-ui", *arguments],
            cwd=self.root,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done


def scratch_copy(folder: Path) -> Scratch:
    """A copy below `folder` of the repository that Pants was called in, at its root or below."""
    called = Path(os.environ["PLINTH_REPOSITORY"])
    repository = Path(_git(called, "rev-parse", "--show-toplevel").rstrip("\n"))
    listed = _git(repository, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    root = folder / "repository"
    for name in listed.rstrip("\0").split("\0"):
        # What was deleted and is not committed yet is listed, too.
        if (repository / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(repository / name, root / name, follow_symlinks=False)
    return Scratch(root)


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout
