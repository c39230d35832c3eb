"""The tree of a state as git names it, and a commit's files in a scratch folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from plinth.affected.git import Git, GitFailed


@dataclass(frozen=True)
class Trees:
    """Trees of the repository. Nothing that is done here leaves a trace in it."""

    git: Git

    def of_commit(self, commit: str) -> str:
        """The id of a commit's tree."""
        return self.git.line("rev-parse", "--verify", f"{commit}^{{tree}}")

    def of_state(self) -> str:
        """The id that a commit of all that differs now would give its tree."""
        with self._scratch_index() as index:
            objects = Path(self.git.line("rev-parse", "--git-path", "objects"))
            mine = {
                "GIT_OBJECT_DIRECTORY": str(index.parent / "objects"),
                "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(self.git.root / objects),
            }
            (index.parent / "objects").mkdir()
            self._run(index, "add", "--all", ":/", extra=mine)
            return self._run(index, "write-tree", extra=mine).strip()

    def write(self, commit: str, folder: Path) -> Path:
        """Write the commit's files below the folder, as a checkout would; the build root in it."""
        with self._scratch_index() as index:
            self._run(index, "read-tree", commit)
            self._run(index, "checkout-index", "--all", "--force", f"--prefix={folder}/")
        return folder / self.git.line("rev-parse", "--show-prefix")

    def unfaithful(self, files: Mapping[str, bool]) -> str:
        """Why what Pants reads is not what git would commit of it; "" if it is.

        `files` are those that Pants read, by path, each with its execute bit.
        """
        modes = {}
        for line in self.git.fields("ls-files", "--stage"):
            described, _, path = line.partition("\t")
            modes[path] = described.partition(" ")[0]
        for line in self.git.fields("ls-files", "-v"):
            if line[0] == "S" or line[0].islower():
                return f"git was told not to look at {line[2:]}"
        untracked = set(self.git.fields("ls-files", "--others", "--exclude-standard"))
        for path in sorted(files):
            if path not in modes and path not in untracked:
                real = self._behind_links(path)
                if real not in modes and real not in untracked:
                    return f"git ignores {path}, and Pants does not"
        if self.git.config("core.fileMode") == "false":
            for path, executable in sorted(files.items()):
                if path in modes and executable != modes[path].endswith("755"):
                    return f"{path} has another mode than git has for it"
        for line in self.git.fields("ls-files", "--eol"):
            described, _, path = line.partition("\t")
            index, working = (each[2:] for each in described.split()[:2])
            if path in files and working and index != working:
                return f"{path} has other line ends than git has for it"
        return ""

    def written_since(self, when: float, files: Mapping[str, bool]) -> bool:
        """Whether any of these files, or any that git would commit, was written since then."""
        listed = self.git.fields("ls-files", "--cached", "--others", "--exclude-standard")
        for path in {*files, *listed}:
            try:
                if os.lstat(self.git.root / path).st_ctime >= when:
                    return True
            except OSError:
                if path in files:
                    return True
        return False

    def _behind_links(self, path: str) -> str:
        """Where the file is that Pants reads by this path."""
        return os.path.relpath(
            os.path.realpath(self.git.root / path), os.path.realpath(self.git.root)
        )

    @contextmanager
    def _scratch_index(self) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(prefix="plinth-index-") as folder:
            index = Path(folder) / "index"
            own = self.git.root / self.git.line("rev-parse", "--git-path", "index")
            if own.is_file():
                shutil.copy2(own, index)
            yield index

    def _run(self, index: Path, *args: str, extra: Mapping[str, str] | None = None) -> str:
        program = shutil.which("git") or "git"
        env = {**os.environ, **(extra or {}), "GIT_INDEX_FILE": str(index)}
        done = subprocess.run(
            (program, "-C", str(self.git.root), *args),
            env=env,
            capture_output=True,
            check=False,
            close_fds=False,
        )
        if done.returncode:
            raise GitFailed(done.stderr.decode(errors="replace").strip())
        return done.stdout.decode(errors="surrogateescape")
