"""Two clones of one commit, made and built in every way differently, give the same images.

Each has its own folder, umask, locale, time zone, hash seed, user name and home, with empty
caches: it installs Pants, fetches every package and assembles every image for itself. Each says
the fingerprints before anything is built, and publishes to a registry of its own.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from machine import registry
from machine.daemon import Daemon
from machine.errors import ServiceError
from machine.host import Host
from machine.settings import Address, Settings

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
    """What a clone says of an image, by name: its fingerprint and the parts of that, the digests
    of its manifest, config and layers, and of what its registry has under the fingerprint's tag.
    """

    facts: Mapping[str, str]


def build(outside: Path, circumstances: Circumstances) -> dict[str, Image]:
    """The images of a clone, by name. Raises `SystemExit` when something fails."""
    folder = outside / circumstances.folder
    (folder / "home").mkdir(parents=True)
    with own_registry(folder / "services") as address:
        clone = folder / "plinth"
        make(clone, circumstances, address, folder / "home")
        fingerprints = json.loads((folder / "fingerprints.json").read_text())["images"]
        return {found["address"]: Image(facts(clone, found, address)) for found in fingerprints}


@contextmanager
def own_registry(state: Path) -> Iterator[Address]:
    """An empty registry at a port of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        settings = replace(
            Settings.read({}, state), state=state, registry=Address(*free.getsockname())
        )
    try:
        registry.ensure(settings, Host.this())
        yield settings.registry
    except ServiceError as error:
        raise SystemExit(f"clones: {error}") from None
    finally:
        Daemon(state, registry.NAME).stop()


def make(clone: Path, circumstances: Circumstances, address: Address, home: Path) -> None:
    """The clone, its images in `dist/` and in the registry, and their fingerprints beside it."""
    env = {name: value for name, value in os.environ.items() if OF_THE_MACHINE.fullmatch(name)}
    env |= {**circumstances.env, "HOME": str(home)}
    registries = {"own": {"address": str(address), "default": True}}
    commands = (
        ["git", "clone", "--quiet", str(ROOT), str(clone)],
        [
            *(str(clone / "pants"), "--no-dynamic-ui", "--no-pantsd"),
            *("--fingerprint-format=json", "--fingerprint-output-file=../fingerprints.json"),
            # Container tests are run elsewhere, and once.
            *(f"--docker-registries={registries}", "--image-publish-untested"),
            *("fingerprint", "package", "publish", *IMAGES),
        ],
    )
    for command in commands:
        # By way of the shell: `umask` of subprocess is newer than the oldest Python that runs this.
        shell = ["sh", "-c", f'umask {circumstances.umask:03o}; exec "$@"', "sh", *command]
        with subprocess.Popen(
            shell,
            cwd=clone if clone.exists() else clone.parent,
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


def said(circumstances: Circumstances, line: str) -> str:
    """Pass on the line if it tells how far the build is."""
    if re.search(r"Completed: |Installing |Wrote ", line):
        print(f"{circumstances.folder}: {line.rstrip()}", file=sys.stderr, flush=True)
    return line


def facts(clone: Path, fingerprint: Mapping[str, Any], address: Address) -> dict[str, str]:
    """What is to be the same of an image, by name."""
    path = fingerprint["address"].replace("/", ".").replace(":", "/")
    layout = clone / "dist" / path
    (manifest,) = json.loads((layout / "index.json").read_text())["manifests"]
    digest = manifest["digest"]
    content = json.loads((layout / "blobs" / digest.replace(":", "/")).read_text())
    repository = manifest["annotations"]["org.opencontainers.image.ref.name"]
    tag = f"fp-{fingerprint['fingerprint']}"
    parts = {
        f"part {part['kind']} {part['of']} {part['name']}": part["value"]
        for part in fingerprint["parts"]
    }
    layers = {f"layer {at}": layer["digest"] for at, layer in enumerate(content["layers"], 1)}
    return {
        "fingerprint": fingerprint["fingerprint"],
        **parts,
        "manifest": digest,
        "config": content["config"]["digest"],
        **layers,
        "published": published(address, repository, tag),
    }


def published(address: Address, repository: str, tag: str) -> str:
    """The digest of the bytes that the registry has under the tag."""
    url = f"http://{address}/v2/{repository}/manifests/{tag}"
    accept = {"Accept": "application/vnd.oci.image.manifest.v1+json"}
    with urllib.request.urlopen(urllib.request.Request(url, headers=accept), timeout=30) as answer:
        return "sha256:" + hashlib.sha256(answer.read()).hexdigest()


def differences(one: Mapping[str, Image], other: Mapping[str, Image]) -> list[str]:
    """A line for each image that is not the same in both, or not as published."""
    lines = []
    for name in sorted({*one, *other}):
        if name not in one or name not in other:
            lines.append(f"{name}: only one clone has it")
            continue
        a, b = one[name].facts, other[name].facts
        unlike = [key for key in {**a, **b} if a.get(key) != b.get(key)]
        if unlike:
            lines.append(f"{name}: {', '.join(unlike)}")
        elif a["published"] != a["manifest"]:
            lines.append(f"{name}: {a['manifest']} was published as {a['published']}")
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
        print(f"{each.facts['fingerprint']}  {each.facts['manifest']}  {name}")
    print(f"{len(one)} images, the same in both clones and their registries")
    return 0


if __name__ == "__main__":
    sys.exit(main())
