"""Docker's side of the differential tests: what the engine makes of contexts, and of our images.

Each image, ours included, is unpacked by the engine itself: what is compared is what a container of
it would see, and its configuration.

Not compared: the times of directories and links, which a build sets to its own; `ArgsEscaped`,
which is Windows'. A working directory that is not set is `/`, as BuildKit writes it.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from plinth.archive.tar import normalise
from plinth.oci.testing.differential_cases import Case

TIMEOUT_SECONDS = 120
# The first engine whose BuildKit does all that the table says of a current one.
_CURRENT_ENGINE = 29
# What the engine puts into every container, with the time when it does.
_CONTAINER_S_OWN = (".dockerenv", "dev/console", "etc/hostname", "etc/hosts", "etc/resolv.conf")
_CONFIG_KEYS = (
    "Cmd",
    "Entrypoint",
    "Env",
    "ExposedPorts",
    "Healthcheck",
    "Labels",
    "OnBuild",
    "Shell",
    "StopSignal",
    "User",
    "Volumes",
    "WorkingDir",
)


@dataclass(frozen=True)
class Image:
    """An image of ours: its configuration, and the blobs of all its layers."""

    config: bytes
    blobs: tuple[bytes, ...]


@dataclass(frozen=True)
class Outcome:
    """What a builder makes of a case: an error, or the file tree and the settings of an image."""

    error: str = ""
    tree: tuple[str, ...] = ()
    settings: str = ""


def find_docker() -> str:
    """A client that builds with BuildKit: an old one has it built in, a new one as a plug-in."""
    found = [shutil.which("docker"), "/usr/bin/docker", "/usr/local/bin/docker"]
    said = []
    for client in dict.fromkeys(each for each in found if each and os.path.exists(each)):
        version = _run([client, "version", "--format", "{{.Client.Version}} {{.Server.Version}}"])
        if version.returncode:
            said.append(f"{client}: {version.stderr.decode().strip()}")
            continue
        if (
            int(version.stdout.split(b".")[0]) < 23
            or not _run([client, "buildx", "version"]).returncode
        ):
            return client
        said.append(f"{client} has no BuildKit")
    pytest.fail(
        "The differential test needs a Docker engine, and a client with BuildKit. Run `ci/services "
        "start`. Tried: " + ("; ".join(said) or "no client is there")
    )


def _run(
    argv: list[str], data: bytes | None = None, **env: str
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        argv,
        input=data,
        env={**os.environ, "LC_ALL": "C", **env},
        capture_output=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )


@dataclass(frozen=True)
class Docker:
    """The engine, by its client; `prefix` begins the names of all images that a run makes."""

    client: str
    prefix: str

    def run(self, *args: str, data: bytes | None = None) -> bytes:
        done = _run([self.client, *args], data)
        assert done.returncode == 0, f"docker {' '.join(args)}: {done.stderr.decode()}"
        return done.stdout

    def build(self, case: Case, context: Path, name: str, buildkit: bool) -> str:
        """The error, or nothing when the image of that name was built."""
        argv = [self.client, "build", "--no-cache", "--network=none", f"--tag={self.prefix}:{name}"]
        for each in (*case.build_args, f"BASE={self.prefix}:base", f"BARE={self.prefix}:bare"):
            argv += ["--build-arg", each]
        if case.target:
            argv += ["--target", case.target]
        done = _run(
            [*argv, str(context)], DOCKER_BUILDKIT=str(int(buildkit)), BUILDKIT_PROGRESS="plain"
        )
        return (done.stdout + done.stderr).decode() if done.returncode else ""

    def load(self, images: Mapping[str, Image]) -> None:
        """Give images of ours to the engine, in the form of `docker save`."""
        out, manifest, written = io.BytesIO(), [], set()
        with tarfile.open(fileobj=out, mode="w") as archive:

            def add(name: str, data: bytes) -> str:
                if name not in written:
                    written.add(name)
                    info = tarfile.TarInfo(name)
                    info.size = len(data)
                    archive.addfile(info, io.BytesIO(data))
                return name

            for name, image in images.items():
                manifest.append(
                    {
                        "Config": add(
                            hashlib.sha256(image.config).hexdigest() + ".json", image.config
                        ),
                        "RepoTags": [f"{self.prefix}:{name}"],
                        "Layers": [add(_hex(blob) + "/layer.tar", blob) for blob in image.blobs],
                    }
                )
            add("manifest.json", json.dumps(manifest).encode())
        self.run("load", "--quiet", data=out.getvalue())

    def outcomes(self, names: Iterable[str]) -> dict[str, Outcome]:
        """What containers of the images see. Images of the same layers are unpacked once."""
        images = [f"{self.prefix}:{name}" for name in names]
        inspected = dict(zip(images, json.loads(self.run("image", "inspect", *images))))
        one_of = {
            tuple(found["RootFS"].get("Layers") or ()): name for name, found in inspected.items()
        }
        containers: list[str] = []
        try:
            with ThreadPoolExecutor(2) as pool:
                made = pool.map(lambda image: self.tree(image, containers), one_of.values())
                trees = dict(zip(one_of, made))
        finally:
            self.run("rm", "--volumes", *containers)
        return {
            image.rpartition(":")[2]: Outcome(
                tree=trees[tuple(found["RootFS"].get("Layers") or ())], settings=_settings(found)
            )
            for image, found in inspected.items()
        }

    def tree(self, image: str, containers: list[str]) -> tuple[str, ...]:
        """The file tree of a container, as the engine unpacks the image; adds to `containers`."""
        container = self.run("create", "--network=none", image, "none").decode().strip()
        containers.append(container)
        return _tree(self.run("export", container))

    def has_a_current_buildkit(self) -> bool:
        """Whether the engine builds as the table says of a current BuildKit."""
        version = self.run("version", "--format", "{{.Server.Version}}").decode()
        return int(version.partition(".")[0]) >= _CURRENT_ENGINE

    def remove_all(self) -> None:
        names = self.run(
            "image", "ls", "--format", "{{.Repository}}:{{.Tag}}", self.prefix
        ).decode()
        if names:
            self.run("image", "rm", "--force", *names.split())


def _hex(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _tree(exported: bytes) -> tuple[str, ...]:
    lines = []
    with tarfile.open(fileobj=io.BytesIO(exported)) as archive:
        for member in archive:
            if member.name in _CONTAINER_S_OWN:
                continue
            content = archive.extractfile(member) if member.isreg() else None
            about = [
                normalise(member.name),
                f"{member.type!r} {member.mode:04o} {member.uid}:{member.gid} {member.linkname}",
                f"{member.devmajor},{member.devminor}" if member.isdev() else "",
                repr({k: v for k, v in member.pax_headers.items() if "xattr" in k}),
            ]
            if content is not None:
                about.append(f"time {int(member.mtime)} sha256 {_hex(content.read())[:16]}")
            lines.append(" ".join(about))
    return tuple(sorted(lines))


def _settings(inspected: Mapping[str, Any]) -> str:
    config = {key: inspected["Config"].get(key) or None for key in _CONFIG_KEYS}
    config["WorkingDir"] = config["WorkingDir"] or "/"
    config["Author"] = inspected["Author"]
    config["Platform"] = f"{inspected['Os']}/{inspected['Architecture']}"
    return json.dumps(config, sort_keys=True, indent=1)
