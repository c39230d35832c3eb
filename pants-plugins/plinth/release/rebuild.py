"""Builds the images of a commit again: in a clone of its own, from what is locked alone."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from plinth.oci.format.layout import Image, read_image
from plinth.release.errors import ReleaseError

# The first has Pants take other packages than the locked, and the second the caller's modules.
_NOT_OF_A_COMMIT = frozenset({"PLINTH_UNLOCKED", "PYTHONPATH"})


@contextmanager
def checked_out(repository: Path, commit: str) -> Iterator[Path]:
    """A clone with the commit checked out, which is gone when the block ends."""
    outside = Path(tempfile.mkdtemp(prefix="plinth-verify-"))
    clone = outside / "plinth"
    try:
        _run("git", "clone", "--quiet", "--no-checkout", str(repository), str(clone))
        _run("git", "-C", str(clone), "checkout", "--quiet", "--detach", commit)
        yield clone
    finally:
        shutil.rmtree(outside, ignore_errors=True)


def build(
    clone: Path, addresses: Sequence[str], env: Mapping[str, str] = os.environ
) -> tuple[Image, ...]:
    """The images of these targets, assembled in the clone.

    No packages but the locked are taken, whatever `env` allows.
    """
    clean = {name: value for name, value in env.items() if name not in _NOT_OF_A_COMMIT}
    command = ("./pants", "--no-dynamic-ui", "--no-pantsd", "package", *addresses)
    _run(*command, cwd=clone, env=clean)
    return tuple(read_image(index.parent) for index in sorted(clone.glob("dist/**/index.json")))


def _run(*command: str, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> None:
    run = subprocess.run(command, cwd=cwd, env=env, stdout=sys.stderr, check=False)
    if run.returncode != 0:
        raise ReleaseError(f"{' '.join(command)} failed; what it said stands above")
