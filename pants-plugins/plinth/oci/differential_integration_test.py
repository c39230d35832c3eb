"""Ours against Docker's: the same Dockerfiles and contexts, built by both, give the same images.

Needs a Docker engine (at `DOCKER_HOST`, or the default socket) and a `docker` client that has
BuildKit; `ci/services start` starts the engine. Each image, ours included, is unpacked by the
engine itself: what is compared is what a container of it would see, and its configuration.

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
import uuid
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from plinth.archive.tar import normalise
from plinth.oci.context import Context, context_paths
from plinth.oci.descriptor import digest_of
from plinth.oci.differential_cases import (
    BASE_DOCKERFILE,
    BASE_FILES,
    CASES,
    EMPTY_DIRECTORY,
    FAILS,
    Case,
    Content,
    Link,
    Script,
)
from plinth.oci.differential_generator import generated_case
from plinth.oci.errors import OciError
from plinth.oci.evaluate import evaluate
from plinth.oci.ignore import IgnoreRules
from plinth.oci.image import image_config
from plinth.oci.layer import Layer, LayerRequest, index_with, layer_request
from plinth.oci.make_layer import make_layer
from plinth.oci.plan import TARGET, plan_image
from plinth.oci.step import LayerStep
from plinth.oci.tree import TreeIndex

_TIMEOUT_SECONDS = 120
_SIDES = ("ours", "buildkit", "legacy")
_GENERATED = tuple(generated_case(seed) for seed in range(24))
# Where we refuse what BuildKit does; each has a case in the table that says why.
_STRICTER = (
    "so it must be a directory",
    "no file in the build context matches",
    "a tar has /",
    "a layer can link only to a file",
)
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
    """An image of ours: its configuration, the blobs of all its layers, and its tree's index."""

    config: bytes
    blobs: tuple[bytes, ...]
    index: TreeIndex


@dataclass(frozen=True)
class Outcome:
    """What a builder makes of a case: an error, or the file tree and the settings of an image."""

    error: str = ""
    tree: tuple[str, ...] = ()
    settings: str = ""


@dataclass(frozen=True)
class Outcomes:
    ours: Outcome
    buildkit: Outcome
    legacy: Outcome


# --- Docker's side


def _find_docker() -> str:
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
        timeout=_TIMEOUT_SECONDS,
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


# --- Our side


def _assemble(case: Case, context: Path, bases: Mapping[str, Image]) -> Image:
    """As the rules of `plinth/images` do it, without Pants."""
    build_args = dict(arg.split("=", 1) for arg in case.build_args)
    dockerfile = (context / "Dockerfile").read_bytes().decode()
    plan = plan_image(dockerfile, "Dockerfile", build_args, case.target)
    assert not plan.not_assemblable, f"{case.name}: {plan.not_assemblable}"
    base = bases[plan.base.value] if plan.base.kind == TARGET else None
    base_config = json.loads(base.config) if base else None
    image = evaluate(plan, base_config)
    listing = _not_ignored(context)
    index, blobs = (base.index, list(base.blobs)) if base else (TreeIndex(), [])
    layers: list[Layer | None] = []
    for step in image.steps:
        request = layer_request(step, index)
        layers.append(None)
        if request is None:
            continue
        layer, blob = _make(request, step, listing, context)
        index = index_with(index, layer, step)
        layers[-1] = layer
        blobs.append(blob)
    return Image(image_config(image, base_config, layers), tuple(blobs), index)


def _not_ignored(context: Path) -> Context:
    rules = IgnoreRules()
    if (context / ".dockerignore").exists():
        rules = IgnoreRules.parse((context / ".dockerignore").read_text(), ".dockerignore")
    nodes = Context.on_disk(context).nodes
    return Context({path: nodes[path] for path in rules.kept(nodes)})


def _make(
    request: LayerRequest, step: LayerStep, listing: Context, context: Path
) -> tuple[Layer, bytes]:
    """The layer made as in a sandbox, which holds only what the step needs."""
    sandbox = context.parent / f"sandbox-{uuid.uuid4().hex}"
    sandbox.mkdir()
    for path in context_paths(step, listing) if step.sources else ():
        there, here = context / path, sandbox / path
        here.parent.mkdir(parents=True, exist_ok=True)
        if there.is_dir() and not there.is_symlink():
            here.mkdir(exist_ok=True)
        else:
            shutil.copy2(there, here, follow_symlinks=False)
    # As it would come out of the sandbox, and go in.
    request = LayerRequest.from_json(json.loads(json.dumps(request.to_json())))
    try:
        layer, blob = make_layer(request, sandbox)
    except OciError as error:
        raise OciError(f"{step.where}: {error}") from error
    assert layer.digest == digest_of(blob)
    assert Layer.from_json(json.loads(json.dumps(layer.to_json()))) == layer
    return layer, blob


# --- Both


def _write_context(root: Path, dockerfile: str, files: Mapping[str, Content]) -> Path:
    """A context with the modes and times that one in Pants' sandbox has."""
    (root / "context").mkdir(parents=True)
    for name, content in {**files, "Dockerfile": dockerfile}.items():
        path = root / "context" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if content is EMPTY_DIRECTORY:
            path.mkdir()
        elif isinstance(content, Link):
            path.symlink_to(content)
        else:
            assert isinstance(content, (str, bytes))
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
            path.chmod(0o755 if isinstance(content, Script) else 0o644)
            os.utime(path, (0, 0))
    for folder, _, _ in os.walk(root):
        os.chmod(folder, 0o755)
    return root / "context"


def _ours(case: Case, context: Path, bases: Mapping[str, Image]) -> Image | str:
    try:
        return _assemble(case, context, bases)
    except OciError as error:
        return str(error)


@pytest.fixture(scope="module")
def outcomes(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Outcomes]]:
    """The cases that were chosen, built two at a time; the images are removed at the end."""
    items = (getattr(item, "callspec", None) for item in request.session.items)
    chosen = {found.params["case"].name for found in items if found and "case" in found.params}
    cases = [case for case in (*CASES, *_GENERATED) if case.name in chosen]
    docker = Docker(_find_docker(), f"plinth-differential-{uuid.uuid4().hex[:12]}")
    root = tmp_path_factory.mktemp("differential")
    contexts = {
        case.name: _write_context(root / str(number), case.dockerfile, case.files)
        for number, case in enumerate(cases)
    }
    base = Case("base", BASE_DOCKERFILE, BASE_FILES)
    made = _assemble(base, _write_context(root / "base", BASE_DOCKERFILE, BASE_FILES), {})
    bare = _without_settings(made)
    bases = {"//base:image": made, "//bare:image": bare}
    ours = {
        f"ours-{number}": _ours(case, contexts[case.name], bases)
        for number, case in enumerate(cases)
    }
    images = {name: found for name, found in ours.items() if isinstance(found, Image)}
    errors = {name: found for name, found in ours.items() if isinstance(found, str)}
    builds = [
        (f"{name}-{number}", case, buildkit)
        for number, case in enumerate(cases)
        for name, buildkit in (("buildkit", True), ("legacy", False))
        if buildkit or case in CASES
    ]
    try:
        docker.load({"base": made, "bare": bare})
        docker.load(images)
        with ThreadPoolExecutor(2) as pool:
            said = pool.map(lambda b: docker.build(b[1], contexts[b[1].name], b[0], b[2]), builds)
            errors.update((name, error) for (name, _, _), error in zip(builds, said) if error)
        built = [name for name, _, _ in builds if name not in errors]
        found = {name: Outcome(error) for name, error in errors.items()}
        found.update(docker.outcomes([*images, *built]))
        yield {
            case.name: Outcomes(*(found.get(f"{side}-{number}", Outcome()) for side in _SIDES))
            for number, case in enumerate(cases)
        }
    finally:
        docker.remove_all()


def _without_settings(image: Image) -> Image:
    config = json.loads(image.config)
    config["config"] = {}
    return Image(json.dumps(config).encode(), image.blobs, image.index)


def test_the_table_has_what_it_promises() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 40


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_ours_is_docker_s(case: Case, outcomes: dict[str, Outcomes]) -> None:
    ours, buildkit = outcomes[case.name].ours, outcomes[case.name].buildkit
    if case.stricter:
        assert not buildkit.error, "BuildKit refuses it, too: then it is no case of being stricter"
        assert case.error
        assert case.error in ours.error
    elif case.error:
        assert buildkit.error, "BuildKit builds it"
        assert case.error in ours.error
    else:
        assert (buildkit.error, ours.error) == ("", "")
        assert ours.tree == buildkit.tree
        assert ours.settings == buildkit.settings


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_legacy_builder_differs_only_where_the_table_says(
    case: Case, outcomes: dict[str, Outcomes]
) -> None:
    buildkit, legacy = outcomes[case.name].buildkit, outcomes[case.name].legacy
    if case.legacy == FAILS:
        assert legacy.error
    elif case.legacy:
        assert legacy != buildkit, "the legacy builder does the same"
    elif buildkit.error:
        assert legacy.error
    else:
        assert legacy == buildkit


@pytest.mark.parametrize("case", _GENERATED, ids=lambda case: case.name)
def test_ours_is_buildkit_s_on_what_nobody_thought_of(
    case: Case, outcomes: dict[str, Outcomes]
) -> None:
    ours, buildkit = outcomes[case.name].ours, outcomes[case.name].buildkit
    if any(reason in ours.error for reason in _STRICTER):
        return
    assert bool(ours.error) == bool(buildkit.error), ours.error or buildkit.error
    assert (ours.tree, ours.settings) == (buildkit.tree, buildkit.settings)
