"""A scratch copy of this repository, to edit and to run Pants in.

What a test reads of a copy must be in its sandbox too, and so among its dependencies: else
`affected` would not name it when that changes. So the files that it opens and the folders that it
lists are watched, and on Linux what programs open that it starts; but not Pants, which reads all.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from monorepo.opened import opened_in

_SANDBOX = Path.cwd()
_copied: dict[str, str] = {}
"""By its path in a copy, each file's path in the repository."""
_listed: dict[str, set[str]] = {}
"""By its path in a copy, what the repository has in each folder."""


class UndeclaredRead(AssertionError):
    """A test reads a file of the repository that its target's dependencies do not name."""


def _declared(path: str, how: str) -> None:
    if not (_SANDBOX / path).exists():
        raise UndeclaredRead(
            f"the test {how} {path} of the repository, and is not run again when that changes. "
            "Name it among the dependencies of the test's target."
        )


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    if event not in ("open", "os.listdir", "os.scandir"):
        return
    if not isinstance(arguments[0], (str, bytes, os.PathLike)):
        return
    path = os.path.abspath(os.fsdecode(arguments[0]))
    if event != "open":
        for each in sorted(_listed.get(path, ())):
            _declared(each, "lists a folder with")
    elif path in _copied:
        flags = arguments[2] if isinstance(arguments[2], int) else 0
        if not flags & os.O_WRONLY:
            _declared(_copied[path], "reads")


sys.addaudithook(_watch)


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
        _copied.pop(str(self.root / path), None)

    def program(self, *command: str, timeout: float) -> None:
        """Run another program than Pants, which must succeed."""
        folders = [each for each in _listed if Path(each).is_relative_to(self.root)]
        with opened_in(folders) as opened:
            subprocess.run(command, cwd=self.root, check=True, timeout=timeout)
            read = sorted(opened.paths() & _copied.keys())
        for path in read:
            _declared(_copied[path], f"runs {command[0]}, which reads")

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
            _remember(root, name)
    return Scratch(root)


def _remember(root: Path, name: str) -> None:
    """That a copy has a file, and each folder above it."""
    _copied[str(root / name)] = name
    while name:
        folder = os.path.dirname(name)
        _listed.setdefault(os.path.normpath(root / folder), set()).add(name)
        name = folder


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout
