"""Ours against Docker's: the same Dockerfiles and contexts, built by both, give the same images.

Needs a Docker engine (at `DOCKER_HOST`, or the default socket) and a `docker` client that has
BuildKit; `ci/services start` starts the engine.
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from plinth.oci.assemble.context import Context, context_paths
from plinth.oci.assemble.image import image_config
from plinth.oci.assemble.layer import Layer, LayerRequest, index_with, layer_request
from plinth.oci.assemble.make_layer import make_layer
from plinth.oci.assemble.tree import TreeIndex
from plinth.oci.dockerfile.evaluate import evaluate
from plinth.oci.dockerfile.ignore import IgnoreRules
from plinth.oci.dockerfile.plan import TARGET, plan_image
from plinth.oci.dockerfile.step import LayerStep
from plinth.oci.errors import OciError
from plinth.oci.format.descriptor import digest_of
from plinth.oci.testing.differential_cases import (
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
from plinth.oci.testing.differential_docker import Docker, Image, Outcome, find_docker
from plinth.oci.testing.differential_generator import generated_case

_SIDES = ("ours", "buildkit", "legacy")
_GENERATED = tuple(generated_case(seed) for seed in range(24))
# Where we refuse what BuildKit does; each has a case in the table that says why.
_STRICTER = (
    "so it must be a directory",
    "no file in the build context matches",
    "a tar has /",
    "a layer can link only to a file",
)


@dataclass(frozen=True)
class Outcomes:
    ours: Outcome
    buildkit: Outcome
    legacy: Outcome
    current: bool
    """Whether that is a current BuildKit."""


# --- Our side


@dataclass(frozen=True)
class Made(Image):
    """An image of ours, with its tree's index."""

    index: TreeIndex


def _assemble(case: Case, context: Path, bases: Mapping[str, Made]) -> Made:
    """As the rules of `plinth/images` do it, without Pants."""
    build_args = dict(arg.split("=", 1) for arg in case.build_args)
    dockerfile = (context / "Dockerfile").read_bytes()
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
    return Made(image_config(image, base_config, layers), tuple(blobs), index)


def _not_ignored(context: Path) -> Context:
    rules = IgnoreRules()
    if (context / ".dockerignore").exists():
        rules = IgnoreRules.parse((context / ".dockerignore").read_bytes(), ".dockerignore")
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
        layer = make_layer(request, sandbox, sandbox.parent)
    except OciError as error:
        raise OciError(f"{step.where}: {error}") from error
    blob = (sandbox.parent / layer.digest.partition(":")[2]).read_bytes()
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
            path.write_bytes(_bytes(content))
            path.chmod(0o755 if isinstance(content, Script) else 0o644)
            os.utime(path, (0, 0))
    for folder, _, _ in os.walk(root):
        os.chmod(folder, 0o755)
    return root / "context"


def _bytes(content: str | bytes) -> bytes:
    return content if isinstance(content, bytes) else content.encode(errors="surrogateescape")


def _ours(case: Case, context: Path, bases: Mapping[str, Made]) -> Made | str:
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
    docker = Docker(find_docker(), f"plinth-differential-{uuid.uuid4().hex[:12]}")
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
        current = docker.has_a_current_buildkit()
        found = {name: Outcome(error) for name, error in errors.items()}
        found.update(docker.outcomes([*images, *built]))
        yield {
            case.name: Outcomes(
                **{side: found.get(f"{side}-{number}", Outcome()) for side in _SIDES},
                current=current,
            )
            for number, case in enumerate(cases)
        }
    finally:
        docker.remove_all()


def _without_settings(image: Made) -> Made:
    config = json.loads(image.config)
    config["config"] = {}
    return Made(json.dumps(config).encode(), image.blobs, image.index)


def test_the_table_has_what_it_promises() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 40


_SAME = tuple(case for case in CASES if not case.newer)
_NEWER = tuple(case for case in CASES if case.newer)


@pytest.mark.parametrize("case", _NEWER, ids=lambda case: case.name)
def test_ours_is_a_current_buildkit_s(case: Case, outcomes: dict[str, Outcomes]) -> None:
    found = outcomes[case.name]
    assert case.expected
    assert found.ours.error == ""
    assert {key: _said(found.ours, key) for key in case.expected} == case.expected
    assert (found.ours == found.buildkit) is found.current


def _said(outcome: Outcome, key: str) -> object:
    """The mode and owner at a path from `/`, or the setting of that name."""
    if not key.startswith("/"):
        return json.loads(outcome.settings)[key]
    for path, _, mode, owner in (line.split(" ")[:4] for line in outcome.tree):
        if path == key[1:]:
            return f"{int(mode, 8) & 0o7777:04o} {owner}"
    return None


@pytest.mark.parametrize("case", _SAME, ids=lambda case: case.name)
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


@pytest.mark.parametrize("case", _SAME, ids=lambda case: case.name)
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
