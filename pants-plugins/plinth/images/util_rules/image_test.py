from __future__ import annotations

import gzip
import io
import json
import os
import tarfile
from collections.abc import Iterable
from textwrap import dedent

import pytest
from pants.backend.docker.goals import package_image, publish, run_image
from pants.backend.docker.target_types import DockerImageTarget
from pants.backend.docker.util_rules import (
    dependencies,
    docker_binary,
    docker_build_args,
    docker_build_context,
    docker_build_env,
)
from pants.backend.docker.util_rules import dockerfile as stock_dockerfile
from pants.core.goals import package as core_package
from pants.core.target_types import FilesGeneratorTarget, FileTarget
from pants.core.target_types import rules as core_target_types
from pants.core.util_rules import source_files
from pants.engine.addresses import Address
from pants.engine.fs import DigestContents
from pants.engine.rules import QueryRule, Rule, collect_rules
from pants.engine.unions import UnionRule
from pants.testutil.rule_runner import RuleRunner, engine_error

from plinth.debian.util_rules import root
from plinth.images.goals import package
from plinth.images.rules import without_unions
from plinth.images.util_rules import base, context, dockerfile, image, layer, plan, transfer
from plinth.images.util_rules.image import AssembledImage, ImageAssembly, ImageRequest
from plinth.images.util_rules.names import ImageNames, ImageNamesRequest
from plinth.layers.testing.repository import run_with_this_python


def rules() -> Iterable[Rule | UnionRule]:
    return [
        *base.rules(),
        *context.rules(),
        *core_package.rules(),
        *core_target_types(),
        *dependencies.rules(),
        *docker_binary.rules(),
        *docker_build_args.rules(),
        *docker_build_context.rules(),
        *docker_build_env.rules(),
        *dockerfile.rules(),
        *image.rules(),
        *layer.rules(),
        *package.rules(),
        *plan.rules(),
        *root.rules(),
        *source_files.rules(),
        *stock_dockerfile.rules(),
        *transfer.rules(),
        *without_unions(package_image.rules()),
        *without_unions(publish.rules()),
        *without_unions(run_image.rules()),
        *collect_rules({"builder": run_with_this_python}),
        QueryRule(ImageAssembly, [ImageRequest]),
        QueryRule(ImageNames, [ImageNamesRequest]),
    ]


@pytest.fixture(scope="module")
def pants() -> RuleRunner:
    return RuleRunner(
        rules=rules(), target_types=[DockerImageTarget, FileTarget, FilesGeneratorTarget]
    )


@pytest.mark.parametrize(
    ("field", "shared", "here"),
    [
        ("", [], ["latest"]),
        ("image_tags=['v1', 'latest'],", ["v1", "latest"], ["v1", "latest"]),
        ("image_tags=[],", [], []),
    ],
)
def test_there_is_no_default_tag_in_a_shared_registry(
    pants: RuleRunner, field: str, shared: list[str], here: list[str]
) -> None:
    registries = {
        "here": {"address": "127.0.0.1:5000", "default": True},
        "shared": {"address": "registry.example/team", "default": True},
        "more": {"address": "more.example", "default": True, "extra_image_tags": ["latest"]},
    }
    pants.set_options([f"--docker-registries={registries}"])
    pants.write_files(
        {"app/BUILD": f"docker_image(name='image', {field} instructions=['FROM scratch'])"}
    )
    names = pants.request(ImageNames, [ImageNamesRequest(Address("app", target_name="image"))])
    pants.set_options([])
    assert {name.partition("/")[0]: list(tags) for name, tags in names.repositories} == {
        "127.0.0.1:5000": here,
        "registry.example": shared,
        "more.example": [*shared, "latest"],
    }


def write(pants: RuleRunner, files: dict[str, str], *instructions: str, more: str = "") -> None:
    """A `docker_image` at `app:image`, whose context is the files; `more` is BUILD text."""
    build = f"""
        files(name="files", sources=["**/*", "!BUILD"])
        docker_image(name="image", instructions={list(instructions)!r}, dependencies=[":files"])
        {more}
    """
    pants.write_files(
        {
            "app/BUILD": dedent(build),
            "app/anchor": "",
            **{f"app/{path}": content for path, content in files.items()},
        }
    )


def assembly(pants: RuleRunner, name: str = "image") -> ImageAssembly:
    return pants.request(ImageAssembly, [ImageRequest(Address("app", target_name=name))])


def assembled(pants: RuleRunner, name: str = "image") -> AssembledImage:
    found = assembly(pants, name)
    assert found.image is not None, found.reasons
    return found.image


def members(pants: RuleRunner, found: AssembledImage) -> dict[str, tarfile.TarInfo]:
    """What the image's own layers hold."""
    contents = pants.request(DigestContents, [found.layout])
    blobs = {file.path.rpartition("/")[2]: file.content for file in contents}
    held = {}
    for descriptor in found.own:
        data = gzip.decompress(blobs[descriptor.digest.partition(":")[2]])
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            held.update({info.name: info for info in tar.getmembers() if info.isfile()})
    return held


def test_a_context_becomes_layers_and_its_bytes_are_the_same_again(pants: RuleRunner) -> None:
    write(pants, {"a.txt": "a", "d/b.txt": "bb"}, "FROM scratch", "COPY app/a.txt app/d /in/")
    first = assembled(pants)

    assert {path: info.size for path, info in members(pants, first).items()} == {
        "in/a.txt": 1,
        "in/b.txt": 2,
    }
    write(pants, {"a.txt": "a", "d/b.txt": "bb"}, "FROM scratch", "COPY app/a.txt app/d /in/")
    assert assembled(pants).digest == first.digest


def test_an_image_on_a_target_refers_to_its_layers_and_holds_its_own(pants: RuleRunner) -> None:
    more = """docker_image(
            name="top",
            instructions=["ARG BASE=:image", "FROM $BASE", "COPY app/b.txt /", "CMD [\\"b\\"]"],
            dependencies=[":files"],
        )"""
    write(pants, {"a.txt": "a", "b.txt": "b"}, "FROM scratch", "COPY app/a.txt /", more=more)
    below, top = assembled(pants), assembled(pants, "top")

    assert top.base == below
    assert top.layers == (*below.own, *top.own)
    assert set(members(pants, top)) == {"b.txt"}
    (index,) = (
        json.loads(file.content)
        for file in pants.request(DigestContents, [top.layout])
        if file.path.endswith("index.json")
    )
    annotations = index["manifests"][0]["annotations"]
    assert annotations["org.opencontainers.image.base.digest"] == below.digest


def test_a_layer_that_changes_nothing_is_left_out(pants: RuleRunner) -> None:
    write(pants, {}, "FROM scratch", "WORKDIR /in", "WORKDIR /in")

    assert len(assembled(pants).own) == 1


def test_what_must_be_run_is_left_to_docker_with_the_line(pants: RuleRunner) -> None:
    write(pants, {}, "FROM scratch", "RUN make")

    (reason,) = assembly(pants).reasons
    assert reason == "app/Dockerfile.image:2 RUN: it runs a command in the image"


def test_what_stands_on_an_image_of_docker_s_is_docker_s_too(pants: RuleRunner) -> None:
    more = 'docker_image(name="top", instructions=["ARG BASE=:image", "FROM $BASE"])'
    write(pants, {}, "FROM scratch", "RUN make", more=more)

    assert assembly(pants, "top").reasons == ("its base app:image is built by Docker",)


@pytest.mark.parametrize(
    ("instructions", "message"),
    [
        (("FROM scratch", "COPYY a /"), "app/Dockerfile.image:2"),
        (("FROM scratch", "COPY app/absent /"), "app/Dockerfile.image:2: COPY: app/absent"),
        (("FROM host.example/base:1",), "not pinned by digest"),
        (("FROM scratch", "COPY app/a.txt /a", "WORKDIR /a"), "app/Dockerfile.image:3: WORKDIR"),
    ],
)
def test_an_error_names_file_and_line(
    pants: RuleRunner, instructions: tuple[str, ...], message: str
) -> None:
    write(pants, {"a.txt": "a"}, *instructions)

    with engine_error(contains=message):
        assembly(pants)


def test_dockerignore_hides_files(pants: RuleRunner) -> None:
    more = """docker_image(
            name="ignoring",
            instructions=["FROM scratch", "COPY app /in/"],
            dependencies=[":files", "//:ignore"],
        )"""
    write(pants, {"a.txt": "a", "b.log": "b"}, "FROM scratch", "COPY app /in/", more=more)
    ignore = 'file(name="ignore", source=".dockerignore")'
    pants.write_files({".dockerignore": "**/*.log\n", "BUILD": ignore})

    assert {"in/a.txt", "in/b.log"} <= set(members(pants, assembled(pants)))
    ignoring = set(members(pants, assembled(pants, "ignoring")))
    assert "in/a.txt" in ignoring
    assert "in/b.log" not in ignoring


@pytest.mark.parametrize(
    ("path", "target"), [("linked.txt", "a.txt"), ("linked", "d"), ("d/e", "../f")]
)
def test_a_link_in_the_repository_is_refused_and_not_copied(path: str, target: str) -> None:
    """Pants shows what it leads to in its place: docker build makes a link."""
    pants = RuleRunner(rules=rules(), target_types=[DockerImageTarget, FilesGeneratorTarget])
    files = {"a.txt": "a", "d/q": "q", "f/r": "r", ".dockerignore": "app/d/q\n"}
    write(pants, files, "FROM scratch", "COPY app /in/")
    assembled(pants)
    os.symlink(target, os.path.join(pants.build_root, "app", path))
    write(pants, files, "FROM scratch", "COPY app /in/", "ENV LINKED=1")

    with engine_error(contains=f"app/{path} is a symbolic link (to {target})"):
        assembly(pants)


def test_a_link_that_no_instruction_takes_is_let_be(pants: RuleRunner) -> None:
    write(pants, {"a.txt": "a", "other/b": "b"}, "FROM scratch", "COPY app/a.txt /in/")
    os.symlink("b", os.path.join(pants.build_root, "app", "other", "link"))

    assert set(members(pants, assembled(pants))) == {"in/a.txt"}


def test_a_large_file_is_not_executable(pants: RuleRunner) -> None:
    """Pants shows every file above half a megabyte as executable in its sandboxes."""
    write(pants, {"large": "x" * 2_000_000}, "FROM scratch", "COPY app/large /")

    assert members(pants, assembled(pants))["large"].mode == 0o644


def test_labels_of_the_target_are_in_the_configuration(pants: RuleRunner) -> None:
    more = """docker_image(
            name="labelled", instructions=["FROM scratch", "LABEL a=1"], image_labels={"b": "2"}
        )"""
    write(pants, {}, "FROM scratch", more=more)

    config = json.loads(assembled(pants, "labelled").config)
    assert config["config"]["Labels"] == {"a": "1", "b": "2"}
