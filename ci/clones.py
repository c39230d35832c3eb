"""Two clones of one commit, made and built in every way differently, give the same images.

Each has its own folder, umask, locale, time zone, hash seed, user name and home, with empty
caches: it installs Pants, fetches every package and assembles every image for itself.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ("base:image", "lambdas::")
# How a machine reaches its package index and archives, and finds its interpreters.
OF_THE_MACHINE = re.compile(r"(PIP|UV|PLINTH|SSL|PYENV)_.*|PATH|(https?|no)_proxy", re.IGNORECASE)


@dataclass(frozen=True)
class Circumstances:
    """What of a machine must not reach an image."""

    folder: str
    umask: int
    env: Mapping[str, str]


CIRCUMSTANCES = (
    Circumstances(
        "one", 0o022, {"LC_ALL": "C.UTF-8", "TZ": "UTC", "PYTHONHASHSEED": "0", "USER": "ada"}
    ),
    Circumstances(
        "the/other/at-a-longer-path",
        0o077,
        {"LC_ALL": "POSIX", "TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "42", "USER": "bob"},
    ),
)


@dataclass(frozen=True)
class Image:
    """A manifest's digest, and those of its config and layers."""

    digest: str
    parts: tuple[str, ...]


def build(outside: Path, circumstances: Circumstances) -> dict[str, Image]:
    """The images of a clone, by name. Raises `SystemExit` when Pants fails."""
    folder = outside / circumstances.folder
    (folder / "home").mkdir(parents=True)
    env = {name: value for name, value in os.environ.items() if OF_THE_MACHINE.fullmatch(name)}
    env |= {**circumstances.env, "HOME": str(folder / "home")}
    clone = folder / "plinth"
    commands = (
        ["git", "clone", "--quiet", str(ROOT), str(clone)],
        [str(clone / "pants"), "--no-dynamic-ui", "--no-pantsd", "package", *IMAGES],
    )
    for command in commands:
        # By way of the shell: `umask` of subprocess is newer than the oldest Python that runs this.
        shell = ["sh", "-c", f'umask {circumstances.umask:03o}; exec "$@"', "sh", *command]
        with subprocess.Popen(
            shell,
            cwd=clone if clone.exists() else folder,
            env=env,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as process:
            try:
                lines = [said(circumstances, line) for line in process.stdout or ()]
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGTERM)
        if process.returncode != 0:
            raise SystemExit(f"clones: {circumstances.folder}: failed:\n{''.join(lines[-40:])}")
    return {
        path.parent.parent.name: image(path.parent) for path in clone.glob("dist/*/*/index.json")
    }


def said(circumstances: Circumstances, line: str) -> str:
    """Pass on the line if it tells how far the build is."""
    if re.search(r"Completed: |Installing |Wrote ", line):
        print(f"{circumstances.folder}: {line.rstrip()}", file=sys.stderr, flush=True)
    return line


def image(layout: Path) -> Image:
    """The image of a layout that Pants packaged."""
    (manifest,) = json.loads((layout / "index.json").read_text())["manifests"]
    digest: str = manifest["digest"]
    content = json.loads((layout / "blobs" / digest.replace(":", "/")).read_text())
    return Image(digest, tuple(part["digest"] for part in (content["config"], *content["layers"])))


def differences(one: Mapping[str, Image], other: Mapping[str, Image]) -> list[str]:
    """A line for each image that is not the same in both, naming the parts that differ."""
    lines = []
    for name in sorted({*one, *other}):
        if name not in one or name not in other:
            lines.append(f"{name}: only one clone has it")
        elif one[name] != other[name]:
            pairs = zip(("config", *map(str, range(1, 99))), one[name].parts, other[name].parts)
            parts = [
                part if part == "config" else f"layer {part}" for part, a, b in pairs if a != b
            ]
            lines.append(f"{name}: {one[name].digest} and {other[name].digest}; {', '.join(parts)}")
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(prog="ci/clones", description=__doc__)
    parser.parse_args()
    outside = Path(tempfile.mkdtemp(prefix="plinth-clones-"))
    try:
        with ThreadPoolExecutor() as pool:
            one, other = pool.map(lambda each: build(outside, each), CIRCUMSTANCES)
    finally:
        shutil.rmtree(outside, ignore_errors=True)
    found = differences(one, other)
    if found or not one:
        print(
            "clones: the images differ:",
            *(found or ["there are none"]),
            sep="\n  ",
            file=sys.stderr,
        )
        return 1
    for name, each in sorted(one.items()):
        print(f"{each.digest}  {name}")
    print(f"{len(one)} images, the same in both clones")
    return 0


if __name__ == "__main__":
    sys.exit(main())
