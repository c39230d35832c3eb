"""A scratch clone of this repository to measure in, with its own Pants daemon."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ("base:image", "lambdas::")
_NO_DAEMON = "seconds while waiting for pantsd to start"


class Clone:
    """The commit that is checked out here, in a folder of its own; not what is uncommitted."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def pants(self, *arguments: str, env: dict[str, str] | None = None) -> str:
        """Run `./pants`; its standard error. Raises `SystemExit` with its output if it fails."""
        return self.run("./pants", "--no-dynamic-ui", *arguments, env=env)

    def run(self, *command: str, env: dict[str, str] | None = None) -> str:
        """Run a command in the clone, as `pants`."""
        return self._done(command, env).stderr

    def answer(self, *command: str, env: dict[str, str] | None = None) -> str:
        """Run a command in the clone; its standard output. Fails as `pants` does."""
        return self._done(command, env).stdout

    def log(self, *command: str) -> str:
        """Run a command in the clone that may fail; its standard error."""
        return self._ended(command, None).stderr

    def _done(
        self, command: tuple[str, ...], env: dict[str, str] | None
    ) -> subprocess.CompletedProcess[str]:
        done = self._ended(command, env)
        if done.returncode != 0:
            tail = (done.stdout + done.stderr)[-4000:]
            raise SystemExit(f"bench: {' '.join(command)} failed:\n{tail}")
        return done

    def _ended(
        self, command: tuple[str, ...], env: dict[str, str] | None
    ) -> subprocess.CompletedProcess[str]:
        done = self._once(command, env)
        # Pants gives its daemon a minute to start, which a busy machine may not manage.
        return self._once(command, env) if _NO_DAEMON in done.stderr else done

    def _once(
        self, command: tuple[str, ...], env: dict[str, str] | None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.root,
            env={**os.environ, "PLINTH_UNLOCKED": "allow", **(env or {})},
            capture_output=True,
            text=True,
            check=False,
        )

    def daemon(self) -> int | None:
        """The process of the clone's Pants daemon, if it was started."""
        for file in self.root.glob(".pids/*/pantsd/pid"):
            return int(file.read_text().strip(". \n"))
        return None

    def stop_daemon(self) -> None:
        """End the clone's Pants daemon, if it runs, and forget it."""
        pid = self.daemon()
        if pid is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        shutil.rmtree(self.root / ".pids", ignore_errors=True)

    def append(self, path: str, text: str) -> None:
        """Add a line to a file of the clone."""
        with (self.root / path).open("a") as file:
            file.write(f"\n{text}\n")


@contextmanager
def scratch_clone() -> Iterator[Clone]:
    """A clone that is gone, with its daemon, when the block ends."""
    with tempfile.TemporaryDirectory(prefix="plinth-bench-") as folder:
        clone = _made(Path(folder) / "plinth")
        try:
            yield clone
        finally:
            clone.stop_daemon()


def kept_clone(folder: Path) -> Clone:
    """A clone that stays, with its daemon, for the next call. There is one for each commit."""
    command = ["git", "rev-parse", "--short=12", "HEAD"]
    commit = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    root = folder.resolve() / commit.strip()
    return Clone(root) if root.exists() else _made(root)


def _made(root: Path) -> Clone:
    command = ["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(root)]
    subprocess.run(command, check=True)
    return Clone(root)
