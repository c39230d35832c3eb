"""What differs between a commit and the working tree, as git sees it."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from plinth.affected.errors import AffectedError, NotKnown

ABSENT, SYMLINK, SUBMODULE = "000000", "120000", "160000"
_OPTIONS = ("--no-optional-locks", "-c", "core.quotePath=off")
_COMMIT_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True, order=True)
class FileChange:
    """A path that differs. A mode is git's, such as `100644`, and `ABSENT` where the file is not.

    `renamed` is the other path of a renamed file. A renamed file is two changes: one path is gone,
    the other new.
    """

    path: str
    before: str
    after: str
    renamed: str = ""

    @property
    def added(self) -> bool:
        return self.before == ABSENT

    @property
    def deleted(self) -> bool:
        return self.after == ABSENT

    @property
    def is_repository(self) -> bool:
        """Whether it is a submodule, or a clone inside the clone, that git looks not into."""
        return SUBMODULE in (self.before, self.after) or self.path.endswith("/")

    @property
    def what(self) -> str:
        """The change for people."""
        if self.renamed:
            return f"renamed to {self.renamed}" if self.deleted else f"renamed from {self.renamed}"
        if self.added:
            return "added"
        if self.deleted:
            return "deleted"
        if self.before != self.after:
            return f"{_mode(self.before)} → {_mode(self.after)}"
        return "edited"


def _mode(mode: str) -> str:
    return "symlink" if mode == SYMLINK else f"mode {mode[-3:]}"


@dataclass(frozen=True)
class Difference:
    """What differs between the commit `base` and the working tree, untracked files included.

    Paths are relative to the build root.
    """

    base: str
    files: tuple[FileChange, ...]


@dataclass(frozen=True)
class Git:
    """The repository that the build root is in, or a part of."""

    root: Path

    def run(self, *args: str, stdin: str = "") -> bytes:
        """What git writes for these arguments. Raises `GitFailed`."""
        program = shutil.which("git") or "git"
        try:
            # With a full path, and neither `cwd` nor `close_fds`, Python spawns git without copying
            # the page tables of this process first, which is the daemon: gigabytes, in large
            # repositories. Python's own files are never inherited.
            done = subprocess.run(
                (program, "-C", str(self.root), *_OPTIONS, *args),
                input=stdin.encode(),
                capture_output=True,
                check=False,
                close_fds=False,
            )
        except OSError as error:
            raise GitFailed(f"git cannot be started: {error}") from None
        if done.returncode:
            raise GitFailed(done.stderr.decode(errors="replace").strip())
        return done.stdout

    def line(self, *args: str) -> str:
        return self.run(*args).decode(errors="surrogateescape").strip()

    def fields(self, command: str, *args: str) -> list[str]:
        """What a command lists with `-z`."""
        listed = self.run(command, "-z", *args).decode(errors="surrogateescape")
        return listed.split("\0")[:-1]

    def base(self, since: str) -> str:
        """The commit to compare with: where HEAD left `since`, or `since` if they share nothing.

        Raises `AffectedError` for a ref that nobody knows, and `NotKnown` where the clone may only
        lack the history.
        """
        try:
            shallow = self.line("rev-parse", "--is-shallow-repository") == "true"
        except GitFailed as error:
            raise NotKnown(
                f"this is no git repository ({error}); run it in a clone for exact results"
            ) from None
        try:
            # No ref begins so, and git would take it for an option.
            asked = "" if since.startswith("-") else f"{since}^{{commit}}"
            commit = self.line("rev-parse", "--verify", "--quiet", asked)
        except GitFailed:
            if shallow or _COMMIT_ID.fullmatch(since):
                raise NotKnown(
                    f"this clone does not have the commit {since}"
                    f"{' (it is shallow)' if shallow else ''}; fetch it for exact results: "
                    f"`git fetch {'--unshallow ' if shallow else ''}origin`"
                ) from None
            raise AffectedError(
                f"--affected-since={since}: git knows no such commit. Name a branch, a tag or a "
                "commit, or fetch it first: `git fetch origin`."
            ) from None
        try:
            return self.line("merge-base", commit, "HEAD")
        except GitFailed:
            if shallow:
                raise NotKnown(
                    f"this clone is shallow and does not reach back to where HEAD left {since}; "
                    "for exact results: `git fetch --unshallow origin`"
                ) from None
            return commit

    def difference(self, base: str) -> Difference:
        """All that differs from the commit `base`. Raises `NotKnown` in the middle of a merge."""
        conflicts = self.fields("diff", "--name-only", "--diff-filter=U", "--relative")
        if conflicts:
            raise NotKnown(
                f"{', '.join(sorted(set(conflicts)))}: a merge conflict. Resolve it, and ask again"
            )
        try:
            raw = self.fields(
                *("diff", "--raw", "--no-abbrev", "--find-renames", "--relative"),
                *("--no-ext-diff", "--ignore-submodules=none", base),
            )
            untracked = self.fields("ls-files", "--others", "--exclude-standard")
        except GitFailed as error:
            raise NotKnown(f"git cannot compare with {base}: {error}") from None
        changes = (*_changes(raw), *(_untracked(self.root / path, path) for path in untracked))
        for change in changes:
            if not _is_utf8(change.path):
                raise NotKnown(f"{change.path!r} {change.what}: its name is not UTF-8. Rename it")
        return Difference(base, tuple(sorted(changes)))

    def config(self, name: str) -> str:
        """A setting, "" where it is not set."""
        try:
            return self.line("config", "--get", name)
        except GitFailed:
            return ""


class GitFailed(Exception):
    """Git ended with an error; the message is what it wrote."""


def _changes(raw: list[str]) -> Iterable[FileChange]:
    """The records of `git diff --raw -z`: a line of modes and objects, then one path or two."""
    fields = iter(raw)
    for described in fields:
        before, after, _, _, status = described[1:].split(" ")
        path = next(fields)
        if status[0] in "RC":
            target = next(fields)
            if status[0] == "R":
                yield FileChange(path, before, ABSENT, renamed=target)
            yield FileChange(target, ABSENT, after, renamed=path if status[0] == "R" else "")
        else:
            yield FileChange(path, before, after)


def _is_utf8(path: str) -> bool:
    try:
        return bool(path.encode())
    except UnicodeEncodeError:
        return False


def _untracked(file: Path, path: str) -> FileChange:
    return FileChange(path, ABSENT, SYMLINK if file.is_symlink() else "100644")
