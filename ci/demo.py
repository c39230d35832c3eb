"""The main job from end to end on this machine: build, test, publish, use, change.

Assembles the base and the lambdas, tests one of them in its container, publishes what was tested,
sends an event to it and a file through the pipeline, asks what one changed line would reach, and
brings a signed release through four environments and back.
Can be run again, and leaves the tree as it is. All output is in dist/demo.log.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from watched import Failed, watched

ROOT = Path(__file__).resolve().parents[1]
LAMBDA = "lambdas/authorizer"
EVENT = f"{LAMBDA}/events/right_token.json"
# The base carries the library, so nothing on it is published before these have passed.
LIBRARY_TESTS = "src/ingestion:tests"
CHANGED = ROOT / "src/ingestion/names.py"
LOG = ROOT / "dist/demo.log"
_STEPS = 8
_WROTE = re.compile(r"Wrote dist/(\S+)/image$", re.MULTILINE)


class Demo:
    """Numbers the steps, and runs their commands with what they write in the log."""

    def __init__(self) -> None:
        self._number, self._started = 0, time.monotonic()
        self._env = {**os.environ, **_registries(os.environ)}
        LOG.parent.mkdir(exist_ok=True)
        LOG.write_text("")

    def step(self, text: str) -> None:
        self._number += 1
        seconds = time.monotonic() - self._started
        say(f"{bold(f'{self._number}/{_STEPS} {text}')}  ({seconds:.0f} s)", indent="")

    def pants(self, *arguments: str) -> tuple[str, str]:
        """Standard output and standard error of a goal."""
        return watched(("./pants", *arguments), LOG, self._env)

    def delivered(self) -> list[str]:
        """What came of a release's way to prod; its commands and what they print are in the log."""
        edits = subprocess.run(
            ("git", "status", "--porcelain"), capture_output=True, text=True, check=True
        )
        if edits.stdout:
            return ["left out: a release is of a commit, and this tree has edits; commit them"]
        watched(("ci/deliver-demo",), LOG, self._env)
        return (ROOT / "dist/delivery/summary.txt").read_text().splitlines()


def main(argv: Sequence[str]) -> int:
    if argv:
        asked_for_help = list(argv) in (["-h"], ["--help"])
        print(__doc__.strip(), file=sys.stdout if asked_for_help else sys.stderr)
        return 0 if asked_for_help else 2
    signal.signal(signal.SIGTERM, _interrupted)
    os.chdir(ROOT)
    try:
        run(Demo())
    except Failed as error:
        tail = LOG.read_text().splitlines()[-20:]
        print("\n".join((*tail, f"demo: {error}. All of its output: {LOG}")), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"\ndemo: interrupted. Nothing is left changed; the log is {LOG}", file=sys.stderr)
        return 130
    return 0


def run(demo: Demo) -> None:
    demo.step("Docker's engine and a registry, on this machine alone")
    if subprocess.run(("ci/services", "start"), check=False).returncode:
        raise Failed("`ci/services start` failed, for the reason above")

    demo.step("Assemble the images: by Pants alone, Docker has no part in it")
    _, log = demo.pants("package", "base:image", "lambdas::")
    names = _WROTE.findall(log)
    for line in image_lines({name: layout(ROOT / "dist" / name / "image") for name in names}):
        say(line)

    demo.step(f"Test {LAMBDA} in its container as Lambda would run it, and all code in it")
    _, log = demo.pants("test", f"{LAMBDA}::", LIBRARY_TESTS)
    for line in passed(log.splitlines()):
        say(line)

    demo.step("Publish it, and the base: only what passed its tests leaves")
    demo.pants("publish", "base:image", f"{LAMBDA}:image")
    for line in outcomes(json.loads((ROOT / "dist/publish.json").read_text())["images"]):
        say(line)

    demo.step(f"Send {EVENT} to it")
    answer, _ = demo.pants("invoke", f"--event={EVENT}", LAMBDA)
    say(shortened(answer))

    demo.step("Send a file through the pipeline, and a broken copy")
    told, _ = demo.pants("run", "tests/pipeline/demo.py", "--", "dist")
    print(told, end="", flush=True)

    demo.step(f"Change one line of {CHANGED.relative_to(ROOT)}: what does it reach?")
    with edited(CHANGED, CHANGED.read_text() + "\n# A change to see what it reaches.\n"):
        told, _ = demo.pants("affected", "--since=HEAD")
    for line in (told.splitlines()[0], *chain_of(told, f"{LAMBDA}:image")):
        say(line)

    demo.step("Release it: signed, dev → test → preprod → prod, and back (AWS is moto)")
    for line in demo.delivered():
        say(line)
    print("Next: `make api` (all of it over HTTP), `make lambda NAME=hello` (one of your own)")


def layout(path: Path) -> dict[str, Any]:
    """The manifest of an OCI layout, and its digest."""
    (entry,) = json.loads((path / "index.json").read_text())["manifests"]
    algorithm, _, digest = entry["digest"].partition(":")
    manifest: dict[str, Any] = json.loads((path / "blobs" / algorithm / digest).read_text())
    return {"digest": digest, "layers": manifest["layers"]}


def image_lines(layouts: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """A line for each image: its name, its digest, and the size of what the base lacks."""
    base = {layer["digest"] for layer in layouts.get("base", {}).get("layers", ())}
    width = max(map(len, map(shorter, layouts)), default=0)
    for name, image in layouts.items():
        own = [layer for layer in image["layers"] if name == "base" or layer["digest"] not in base]
        size = sum(layer["size"] for layer in own)
        on = "" if name == "base" else " on base"
        yield f"{shorter(name):{width}}  sha256:{image['digest'][:12]}…  {megabytes(size):>8}{on}"


def shorter(name: str) -> str:
    """A folder of `dist/` without what all lambdas have: ``authorizer``."""
    return name.rpartition(".")[2]


def megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size / 1e3:.1f} kB"


def passed(lines: Iterable[str]) -> Iterator[str]:
    """The lines of tests that have passed: the library's as one."""
    library = 0
    for line in lines:
        if line.startswith("✓ src/ingestion/"):
            library += 1
        elif line.startswith("✓"):
            yield line
    if library:
        yield f"✓ the {library} test files of src/ingestion, which the base carries"


def outcomes(images: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """What became of each image."""
    for image in images:
        what = "there already" if image["status"] == "skipped" else image["status"]
        yield f"{what}: {image['repository']}@{image['digest'][:19]}…"


def chain_of(answer: str, target: str) -> Iterator[str]:
    """The lines of `affected` that name a target and why it is reached."""
    lines = iter(answer.splitlines())
    for line in lines:
        if line.split("  +")[0].strip() == target:
            yield line
            break
    reached = False
    for line in lines:
        if reached and not line.startswith("      "):
            return
        reached = reached or line.startswith("    ← ")
        if reached:
            yield line


def shortened(text: str) -> str:
    """`text` on one line of a terminal."""
    text = " ".join(text.split())
    return text if len(text) <= 76 else f"{text[:75]}…"


@contextmanager
def edited(path: Path, text: str) -> Iterator[None]:
    """A file with another text, which has its bytes and times back in the end."""
    content, state = path.read_bytes(), path.stat()
    try:
        path.write_bytes(text.encode())
        yield
    finally:
        path.write_bytes(content)
        os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))


def say(text: str, indent: str = "    ") -> None:
    print(f"{indent}{text}", flush=True)


def bold(text: str) -> str:
    return f"\x1b[1m{text}\x1b[0m" if sys.stdout.isatty() else text


def _registries(env: Mapping[str, str]) -> dict[str, str]:
    address = env.get("PLINTH_REGISTRY")
    if not address:
        return {}
    return {"PANTS_DOCKER_REGISTRIES": str({"loopback": {"address": address, "default": True}})}


def _interrupted(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
