"""A scratch clone that is edited and put back, with one Pants daemon for all questions."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monorepo.edits import Edit
from monorepo.scenario import Scenario, Together, complaints, images_of
from monorepo.scratch import scratch_copy

# Who commits in the clone does not depend on who runs the tests.
_AUTHOR = ("-c", "user.name=Scratch", "-c", "user.email=scratch@localhost", "-c", "gc.auto=0")

_NO_DAEMON = "seconds while waiting for pantsd to start"


@dataclass(frozen=True)
class Printed:
    """What a run of Pants printed, and its exit code."""

    code: int
    stdout: str
    stderr: str


class Clone:
    """The repository as it stands, committed as `start`, and a second work tree to commit in.

    Pants restarts its daemon when its configuration or a plugin is edited. So edits of those are
    committed in the other work tree and looked at from the other side: see `before`.
    """

    def __init__(self, folder: Path) -> None:
        self.root = scratch_copy(folder).root
        self.documents = folder / "documents"
        # Pants would start its daemon anew for each edit of what is on the path.
        self._env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        self.git("init", "--quiet", "--initial-branch=main")
        self.start = self._commit(self.root, "start")
        self._config = (self.root / ".git/config").read_text()
        self._other = folder / "other"
        self.git("worktree", "add", "--quiet", "--detach", str(self._other), self.start)

    def git(self, *arguments: str, cwd: Path | None = None) -> str:
        command = ("git", *_AUTHOR, *arguments)
        done = subprocess.run(
            command, cwd=cwd or self.root, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def commit(self, message: str = "edited") -> str:
        """All that differs, as a commit."""
        return self._commit(self.root, message)

    def _commit(self, tree: Path, message: str) -> str:
        self.git("add", "--all", cwd=tree)
        self.git("commit", "--quiet", "--allow-empty", "--message", message, cwd=tree)
        return self.git("rev-parse", "HEAD", cwd=tree)

    def commit_elsewhere(self, edit: Edit) -> str:
        """A commit on top of `start` in which the edit was made, and which is not checked out."""
        self.git("reset", "--quiet", "--hard", self.start, cwd=self._other)
        edit(self._other)
        return self._commit(self._other, "edited")

    def before(self, edit: Edit) -> str:
        """A commit in which the edit was made, with what is checked out now as its successor."""
        base = self.commit_elsewhere(edit)
        tree = self.git("rev-parse", f"{self.start}^{{tree}}")
        successor = self.git("commit-tree", tree, "-p", base, "-m", "without the edit")
        self.git("update-ref", "HEAD", successor)
        return base

    def begin_with(self, edit: Edit) -> None:
        """Commit an edit as HEAD, and have the daemon know that state."""
        edit(self.root)
        self.commit()
        self.affected("HEAD")

    def pants(self, *arguments: str) -> Printed:
        printed = self._once(arguments)
        # Pants gives its daemon a minute to start, which a busy machine may not manage.
        return self._once(arguments) if _NO_DAEMON in printed.stderr else printed

    def _once(self, arguments: tuple[str, ...]) -> Printed:
        done = subprocess.run(
            ("./pants", "--no-dynamic-ui", *arguments),
            cwd=self.root,
            env=self._env,
            capture_output=True,
            text=True,
            check=False,
        )
        return Printed(done.returncode, done.stdout, done.stderr)

    def ask(self, since: str) -> Printed:
        """`affected` in its format for programs."""
        documents = f"--documents={self.documents}"
        return self.pants("affected", f"--since={since}", documents, "--format=json")

    def affected(self, since: str) -> Any:
        """The answer as data; there must be one."""
        printed = self.ask(since)
        assert printed.code == 0, printed.stderr
        return json.loads(printed.stdout)

    def complaints(self, scenario: Scenario) -> list[str]:
        """What is wrong with the answer to an edit, which is made and put back."""
        with self.put_back():
            if scenario.first:
                self.begin_with(scenario.first)
            scenario.edit(self.root)
            if not scenario.fails:
                return [*complaints(scenario, self.affected("HEAD"), images_of(self.root))]
            printed = self.ask("HEAD")
            as_it_must = (1, "", True)
            found = (printed.code, printed.stdout, scenario.fails in printed.stderr)
            return [] if found == as_it_must else [f"it does not fail, or otherwise: {printed}"]

    def complaints_together(self, together: Together) -> list[str]:
        """The same of edits that are looked at from the other side."""
        with self.put_back():
            answer = self.affected(self.before(together.edit))
            return [*together.complaints(answer, images_of(self.root))]

    @contextmanager
    def put_back(self) -> Iterator[None]:
        """Whatever is done inside, the clone is as it was afterwards."""
        try:
            yield
        finally:
            (self.root / ".git/info/exclude").write_text("")
            (self.root / ".git/config").write_text(self._config)
            self.git("update-ref", "--no-deref", "HEAD", self.start)
            self.git("symbolic-ref", "HEAD", "refs/heads/main")
            self.git("reset", "--quiet", "--hard", self.start)
            # Twice: what an ignore file hid that was cleaned away is there the second time.
            for _ in range(2):
                self.git("clean", "--quiet", "-d", "--force")

    def close(self) -> None:
        """End the daemon."""
        for file in self.root.glob(".pids/*/pantsd/pid"):
            with suppress(ProcessLookupError):
                os.kill(int(file.read_text().strip(". \n")), signal.SIGTERM)
        shutil.rmtree(self.root, ignore_errors=True)
