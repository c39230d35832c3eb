"""A small repository in a real engine, with every kind of thing that an image is made of.

Packages are not fetched: what stands in for them is made of what their locks say, so that it
changes when the real ones would.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pants.backend.docker.goals import publish, run_image
from pants.backend.docker.goals.package_image import DockerPackageFieldSet
from pants.backend.docker.package_types import BuiltDockerImage
from pants.backend.docker.target_types import DockerImageTarget
from pants.backend.docker.target_types import rules as docker_target_types
from pants.backend.docker.util_rules import (
    dependencies,
    docker_binary,
    docker_build_args,
    docker_build_context,
    docker_build_env,
)
from pants.backend.docker.util_rules import dockerfile as stock_dockerfile
from pants.backend.python import target_types_rules
from pants.backend.python.dependency_inference import rules as inference_rules
from pants.backend.python.target_types import (
    PythonRequirementTarget,
    PythonSourcesGeneratorTarget,
    PythonSourceTarget,
    PythonTestsGeneratorTarget,
    PythonTestTarget,
)
from pants.core.goals import package as core_package
from pants.core.goals.package import BuiltPackage
from pants.core.target_types import ArchiveTarget, FilesGeneratorTarget, FileTarget, http_source
from pants.core.target_types import rules as core_target_types
from pants.core.util_rules import archive, source_files, stripped_source_files
from pants.engine.addresses import Address
from pants.engine.fs import EMPTY_DIGEST, CreateDigest, Digest, FileContent
from pants.engine.process import Process
from pants.engine.rules import Get, QueryRule, Rule, collect_rules, rule
from pants.engine.target import Target
from pants.engine.unions import UnionRule
from pants.source import source_root
from pants.testutil.rule_runner import RuleRunner

from plinth.archive.tar import Entry, with_parents, write_tar
from plinth.archive.util_rules.builder import BuilderProcess
from plinth.debian.lock import FORMAT
from plinth.debian.target_types import DebianRootTarget
from plinth.debian.util_rules import root
from plinth.debian.util_rules.parts import DebianParts, DebianPartsRequest
from plinth.debian.util_rules.root import DebianRoot, DebianRootRequest
from plinth.images.fingerprint import ImageFingerprint
from plinth.images.goals import package
from plinth.images.rules import without_unions
from plinth.images.util_rules import (
    assembler,
    base,
    context,
    context_parts,
    dockerfile,
    fingerprint,
    image,
    layer,
    outline,
    plan,
    transfer,
)
from plinth.images.util_rules.fingerprint import ImageFingerprintRequest
from plinth.images.util_rules.image import ImageAssembly, ImageRequest
from plinth.layers.compiled import Report
from plinth.layers.target_types import (
    PythonLayerInterpreterField,
    PythonLayerTarget,
    WheelFileTarget,
)
from plinth.layers.testing.repository import run_with_this_python
from plinth.layers.util_rules import clash, content, lock, parts, wheel_file
from plinth.layers.util_rules import layer as python_layer
from plinth.layers.util_rules.content import LayerContent, LayerContentRequest
from plinth.layers.util_rules.runtime import LayerRuntime
from plinth.layers.util_rules.third_party import (
    THIRD_PARTY_TAR,
    Installation,
    InstalledFiles,
    ThirdParty,
    ThirdPartyRequest,
)
from plinth.lockfile.distribution import Distribution

DAY = "2026-11-22"
"""The day of every commit."""
DOCKER_S_ID = f"sha256:{'d' * 64}"
"""The id that every image gets which is left to Docker."""


def _described(distributions: Iterable[Distribution]) -> str:
    return "\n".join(f"{d.requirement} {' '.join(d.hashes)}" for d in distributions)


def _tar(path: str, content: str) -> bytes:
    tar = io.BytesIO()
    write_tar(with_parents([Entry(path.lstrip("/"), content=content.encode())]), tar)
    return tar.getvalue()


async def _file(path: str, content: bytes) -> Digest:
    return await Get(Digest, CreateDigest([FileContent(path, content)]))


@rule
async def pretend_to_unpack(request: DebianRootRequest) -> DebianRoot:
    address = request.target.address
    found = await Get(DebianParts, DebianPartsRequest(request.target))
    path = f"{address.spec_path}/{address.target_name}.tar"
    content = "\n".join(f"{part.name} {part.value}" for part in found.parts)
    return DebianRoot(await _file(path, _tar("var/lib/packages", content)), path, ())


@rule
async def compile_with_this_python(field: PythonLayerInterpreterField) -> LayerRuntime:
    return LayerRuntime()


@rule
async def pretend_to_install(request: ThirdPartyRequest) -> ThirdParty:
    held = await Get(LayerContent, LayerContentRequest(request.target))
    tar = _tar(f"{held.path}/installed", _described(held.distributions))
    return ThirdParty(await _file(THIRD_PARTY_TAR, tar), Report())


@rule
async def pretend_to_take(request: Installation) -> InstalledFiles:
    (path,) = request.output_files
    content = f"{_described(request.distributions)} {request.argv}"
    return InstalledFiles(await _file(path, content.encode()), b"")


@rule
async def pretend_to_be_docker(field_set: DockerPackageFieldSet) -> BuiltPackage:
    image = BuiltDockerImage.create(
        DOCKER_S_ID, ("docker:latest",), "other/docker.docker-info.json"
    )
    return BuiltPackage(EMPTY_DIGEST, (image,))


@rule
async def refuse_to_build(request: BuilderProcess) -> Process:
    raise AssertionError(f"nothing is to be built, but: {request.description}")


def rules(builder: Any) -> list[Rule | UnionRule | QueryRule]:
    """`builder` stands in for the rule that runs a module of Plinth."""
    listed = (
        *(archive, assembler, base, clash, content, context, context_parts, core_package),
        *(dependencies, docker_binary, docker_build_args, docker_build_context, docker_build_env),
        *(dockerfile, fingerprint, image, inference_rules, layer, lock, outline, package, parts),
        *(plan, python_layer, source_files, source_root, stock_dockerfile, stripped_source_files),
        *(target_types_rules, transfer, wheel_file),
    )
    stand_ins = {
        each.__name__: each
        for each in (
            compile_with_this_python,
            pretend_to_be_docker,
            pretend_to_install,
            pretend_to_take,
            pretend_to_unpack,
            builder,
        )
    }
    return [
        *(rule for module in listed for rule in module.rules()),
        *core_target_types(),
        *docker_target_types(),
        *(each for each in root.rules() if isinstance(each, UnionRule)),
        *collect_rules({"generate_root": root.generate_root}),
        *(rule for module in (publish, run_image) for rule in without_unions(module.rules())),
        *collect_rules(stand_ins),
        QueryRule(ImageAssembly, [ImageRequest]),
        QueryRule(ImageFingerprint, [ImageFingerprintRequest]),
    ]


TARGET_TYPES = (
    ArchiveTarget,
    DebianRootTarget,
    DockerImageTarget,
    FilesGeneratorTarget,
    FileTarget,
    PythonLayerTarget,
    PythonRequirementTarget,
    PythonSourcesGeneratorTarget,
    PythonSourceTarget,
    PythonTestsGeneratorTarget,
    PythonTestTarget,
    WheelFileTarget,
)
OPTIONS = (
    "--source-root-patterns=['src', 'lambdas']",
    "--python-interpreter-constraints=['CPython==3.11.*']",
    "--python-enable-resolves",
    "--python-resolves={'python-default': 'locks/python.txt'}",
    "--python-infer-use-rust-parser",
    "--plinth-builder-lockfile=locks/tools.txt",
)


def locked(name: str, version: str = "1.0", digit: str = "0", via: str = "-r in") -> str:
    """An entry of a lock of Python packages."""
    return f"{name}=={version} --hash=sha256:{digit * 64}\n    # via {via}\n"


def debian_lock(**versions: str) -> str:
    """A lock of Debian packages; `python3` needs `libc6`."""
    packages = [
        {
            "name": name,
            "version": version,
            "architecture": "amd64",
            "archive": "debian",
            "path": f"pool/{name}.deb",
            "size": 1,
            "sha256": "0" * 64,
            "depends": ["libc6"] if name == "python3" else [],
        }
        for name, version in sorted(versions.items())
    ]
    document = {
        "format": FORMAT,
        "architecture": "amd64",
        "suites": ["stable"],
        "wanted": sorted(versions),
        "excluded": [],
        "packages": packages,
    }
    return json.dumps(document, indent=1)


REPOSITORY: Mapping[str, str] = {
    "locks/BUILD": "python_requirement(name='boto3', requirements=['boto3'])\n"
    "python_requirement(name='pyarrow', requirements=['pyarrow'])\n",
    "locks/python.txt": locked("boto3") + locked("pyarrow") + locked("numpy", via="pyarrow"),
    "locks/tools.txt": locked("deflate"),
    "locks/wheels.txt": locked("emulator") + locked("other"),
    "debian/BUILD": (
        "debian_root(name='runtime', packages=['tzdata'], compile=['usr'], exclude_paths=['x'])\n"
        "debian_root(name='python', packages=['python3'])\n"
    ),
    "debian/lock.json": debian_lock(libc6="2.36", perl="5.36", python3="3.11.2", tzdata="2024a"),
    "src/library/BUILD": "python_sources()\n",
    "src/library/names.py": "NAME = 1\n",
    "src/library/dates.py": "DAY = 1\n",
    "base/BUILD": """\
python_layer(
    name="library",
    path="/opt/python",
    interpreter="debian:python",
    dependencies=["src/library/names.py"],
)
docker_image(
    name="image",
    instructions=["FROM scratch", "ADD debian/runtime.tar /", "ADD base/library.tar /", "ENV A=1"],
    dependencies=["debian:runtime", ":library"],
)
""",
    "lambdas/app/BUILD": """\
python_sources(name="code")
python_tests(name="tests")
python_layer(name="layer", less=["base:image"], interpreter="debian:python", dependencies=[":code"])
files(name="files", sources=["data/**", ".dockerignore"])
wheel_file(name="tool", lock="locks/wheels.txt", requirement="emulator", path="bin/tool")
docker_image(
    name="image",
    context_root="lambdas/app",
    dependencies=[":layer", ":files", ":tool"],
    image_labels={"team": "data"},
    extra_build_args=["STAGE=dev", "UNDECLARED=1"],
)
""",
    "lambdas/app/Dockerfile": """\
# The app.
ARG BASE=base:image
FROM $BASE AS lean
ADD layer.tar /
FROM lean AS whole
ARG STAGE
COPY data/in /in/
COPY tool /bin/
CMD ["app.handler.handler"]
""",
    "lambdas/app/handler.py": "import boto3\nfrom library import dates, names\n",
    "lambdas/app/unneeded_test.py": "def test_nothing(): pass\n",
    "lambdas/app/data/in/a.txt": "a\n",
    "lambdas/app/data/in/b.log": "b\n",
    "lambdas/app/data/out.txt": "out\n",
    "lambdas/app/.dockerignore": "**/*.log\n",
    "other/BUILD": """\
file(name="remote", source=http_source("http://127.0.0.1:9/f", len=1, sha256="0" * 64))
docker_image(
    name="downloaded",
    instructions=["FROM scratch", "COPY other/f /"],
    dependencies=[":remote"],
)
docker_image(name="external", instructions=["FROM host.example/base:1@sha256:" + "0" * 64])
file(name="source", source="source.txt")
archive(name="packed", format="tar", files=[":source"])
docker_image(
    name="on_package",
    instructions=["FROM scratch", "ADD other/packed.tar /"],
    dependencies=[":packed"],
)
docker_image(name="docker", instructions=["FROM host.example/base:1", "RUN make"])
""",
    "other/source.txt": "source\n",
}


class Repository:
    """The repository in a folder of its own. `edit` changes it, and `reset` brings it back."""

    def __init__(
        self,
        builder: Any = run_with_this_python,
        more: Iterable[Rule | UnionRule | QueryRule] = (),
        more_types: Iterable[type[Target]] = (),
    ) -> None:
        self.runner = RuleRunner(
            rules=[*rules(builder), *more],
            target_types=[*TARGET_TYPES, *more_types],
            objects={"http_source": http_source},
        )
        self.files: dict[str, str] = {}
        self.options()

    def options(self, *more: str, **env: str) -> None:
        """Set these options, and variables of the environment, beside the usual."""
        self.runner.set_options(
            [*OPTIONS, *more], env=env, env_inherit={"PATH", "PYENV_ROOT", "HOME"}
        )

    def reset(self) -> None:
        self.options()
        for path in set(self.files) - set(REPOSITORY):
            self.remove(path)
        self.write(REPOSITORY)
        for path in REPOSITORY:
            self.runner.chmod(path, 0o644)

    def path(self, path: str) -> Path:
        return Path(self.runner.build_root, path)

    def write(self, files: Mapping[str, str]) -> None:
        self.runner.write_files(files)
        self.files.update(files)

    def remove(self, path: str) -> None:
        # Written first, since that is how the engine hears of the path.
        self.runner.write_files({path: ""})
        os.remove(self.path(path))
        del self.files[path]

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace some text of a file, which must be there."""
        text = self.files[path]
        assert old in text, f"{path} has no {old!r}"
        self.write({path: text.replace(old, new)})

    def start_git(self) -> None:
        """Put it under git, in a first commit on `main`."""
        self.write({".gitignore": ".*/\ndist\n"})
        self.git("init", "--quiet", "--initial-branch=main")
        self.commit("first")

    def commit(self, message: str) -> None:
        """Commit all files, as of `DAY`."""
        self.git("add", "--all")
        self.git("commit", "--quiet", f"--message={message}")

    def git(self, *arguments: str) -> str:
        """What git prints."""
        when = f"{DAY}T12:00:00Z"
        done = subprocess.run(
            ["git", "-c", "user.name=a", "-c", "user.email=a@b.example", *arguments],
            cwd=self.runner.build_root,
            env={**os.environ, "GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when},
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout

    def heard_of(self, *paths: str) -> None:
        """Let the engine hear that these files may be others than before."""
        content = {path: self.path(path).read_bytes() for path in paths}
        self.runner.write_files(content)

    def fingerprint(self, spec: str) -> ImageFingerprint:
        return self.runner.request(ImageFingerprint, [ImageFingerprintRequest(_address(spec))])

    def digest(self, spec: str) -> str:
        """The digest of the image, which is assembled for it."""
        found = self.runner.request(ImageAssembly, [ImageRequest(_address(spec))])
        assert found.image is not None, found.reasons
        return found.image.digest


def _address(spec: str) -> Address:
    path, _, name = spec.partition(":")
    return Address(path, target_name=name)
