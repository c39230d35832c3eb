from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from pants.core.util_rules import distdir, system_binaries
from pants.engine.rules import QueryRule, Rule, collect_rules, rule
from pants.engine.unions import UnionRule
from pants.testutil.rule_runner import GoalRuleResult, engine_error
from pants.vcs import git

from plinth.git.rules import rules as git_rules
from plinth.images.testing.repository import DAY, OPTIONS, REPOSITORY, Repository, _address
from plinth.images.util_rules import command_line, publication
from plinth.images.util_rules.image import ImageAssembly, ImageRequest
from plinth.oci.format.descriptor import digest_of
from plinth.oci.format.layout import read_stack
from plinth.oci.format.reference import Repository as RegistryRepository
from plinth.oci.registry.push import push
from plinth.oci.testing.fake_registry import FakeRegistry
from plinth.release.errors import ReleaseError
from plinth.release.goals import release
from plinth.release.goals.release import ReleaseGoal
from plinth.release.util_rules import ids
from plinth.release.util_rules.sbom import Sbom, SbomRequest

APP, BASE = "lambdas/app:image", "base:image"
LOCKS = (
    "--release-runtime=['debian/lock.json']",
    "--release-locks=['locks/python.txt']",
    "--release-toolchain=['locks/tools.txt']",
)


@rule
async def pretend_to_bill(request: SbomRequest) -> Sbom:
    return Sbom(f"bill of {request.image.name}".encode())


def rules() -> Iterator[Rule | UnionRule | QueryRule]:
    for module in (command_line, distdir, git, ids, publication, system_binaries):
        yield from module.rules()
    yield from git_rules()
    yield from collect_rules({"bill": pretend_to_bill})
    yield from release.rules()


@dataclass(frozen=True)
class Monorepo:
    """The repository under git, and the registry that it goes to."""

    repository: Repository
    server: FakeRegistry

    def publish(self, *specs: str) -> None:
        """Put the images into the registry, with the tags that `./pants publish` sets."""
        runner = self.repository.runner
        self.options()
        for spec in specs:
            image = runner.request(ImageAssembly, [ImageRequest(_address(spec))]).image
            assert image is not None
            layouts = []
            for each in (image, *image.bases):
                runner.scheduler.write_digest(each.layout, path_prefix="dist/layouts")
                layouts.append(Path(runner.build_root, "dist/layouts", each.path))
            tag = f"fp-{self.repository.fingerprint(spec).value}"
            to = RegistryRepository(self.server.host, image.name)
            push(read_stack(layouts[0], layouts[1:]), to, tag)

    def options(self) -> list[str]:
        registries = {"there": {"address": self.server.host, "default": True}}
        names = ["--docker-default-repository={directory}", f"--docker-registries={registries}"]
        self.repository.options(*names, *LOCKS)
        return [*OPTIONS, *names, *LOCKS]

    def release(self) -> GoalRuleResult:
        return self.repository.runner.run_goal_rule(
            ReleaseGoal, global_args=self.options(), env_inherit={"PATH", "PYENV_ROOT", "HOME"}
        )

    def checkout(self, commit: str) -> None:
        repository = self.repository
        repository.git("checkout", "--quiet", "--detach", commit)
        repository.heard_of("lambdas/app/handler.py")

    def written(self) -> dict[str, bytes]:
        """The files of all releases, by path."""
        folder = self.repository.path("dist/release")
        files = (path for path in folder.rglob("*") if path.is_file())
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.fixture
def monorepo() -> Iterator[Monorepo]:
    """Base and lambda, committed once."""
    repository = Repository(more=rules())
    repository.write(REPOSITORY)
    for path in [each for each in REPOSITORY if each.startswith("other/")]:
        repository.remove(path)
    repository.start_git()
    with FakeRegistry() as server:
        yield Monorepo(repository, server)


def test_nothing_is_recorded_unless_all_is_published(monorepo: Monorepo) -> None:
    monorepo.publish(BASE)
    found = monorepo.release()
    assert found.exit_code == 1
    assert "no release: not every image is published" in found.stderr
    assert f"{monorepo.server.host}/app:fp-" in found.stderr
    assert "Run `./pants publish ::` first." in found.stderr
    assert monorepo.written() == {}
    assert not any(repository == "releases" for repository, _ in monorepo.server.manifests)


def test_a_release_names_every_image_and_the_same_commit_gives_the_same_bytes(
    monorepo: Monorepo,
) -> None:
    monorepo.publish(BASE, APP)
    found = monorepo.release()
    assert found.exit_code == 0, found.stderr
    assert f"release {DAY}.1 made: {monorepo.server.host}/releases@sha256:" in found.stderr
    files = monorepo.written()
    assert sorted(files) == [
        f"{DAY}.1.json",
        f"{DAY}.1/fingerprints.json",
        f"{DAY}.1/sbom/app.cdx.json",
        f"{DAY}.1/sbom/base.cdx.json",
    ]
    record = json.loads(files[f"{DAY}.1.json"])
    base, app = (monorepo.repository.digest(each) for each in (BASE, APP))
    assert {each["repository"]: each["digest"] for each in record["images"]} == {
        "base": base,
        "app": app,
    }
    assert {each["repository"]: each["base"] for each in record["images"]} == {
        "base": None,
        "app": f"base@{base}",
    }
    assert {each["sbom"] for each in record["images"]} == {
        digest_of(b"bill of base"),
        digest_of(b"bill of app"),
    }
    assert record["previous"] is None
    for lock, paths in (("runtime", "debian/lock.json"), ("locks", "locks/python.txt")):
        assert list(record[lock]) == [paths]

    again = monorepo.release()
    assert again.exit_code == 0
    assert f"release {DAY}.1 is there already" in again.stderr
    assert monorepo.written() == files


def test_a_record_follows_from_the_history_alone(monorepo: Monorepo) -> None:
    monorepo.publish(BASE, APP)
    monorepo.repository.write({"lambdas/app/handler.py": "import boto3\n"})
    monorepo.repository.commit("second")
    monorepo.publish(APP)
    written: dict[str, bytes] = {}
    # The later commit first, and once more when the earlier one has its release.
    for commit, day in (("main", f"{DAY}.2"), ("main~1", f"{DAY}.1"), ("main", f"{DAY}.2")):
        monorepo.checkout(commit)
        found = monorepo.release()
        assert found.exit_code == 0, found.stderr
        there = f"release {day} is there already" in found.stderr
        assert there == (f"{day}.json" in written)
        record = monorepo.written()[f"{day}.json"]
        assert record == written.setdefault(f"{day}.json", record)
    assert json.loads(written[f"{DAY}.1.json"])["previous"] is None
    assert json.loads(written[f"{DAY}.2.json"])["previous"] == f"{DAY}.1"


def test_the_next_release_tells_what_is_as_before(monorepo: Monorepo) -> None:
    monorepo.publish(BASE, APP)
    monorepo.release()
    monorepo.repository.write({"lambdas/app/handler.py": "import boto3\n"})
    monorepo.repository.commit("second")
    monorepo.publish(APP)
    assert f"; 1 of 2 images as in {DAY}.1" in monorepo.release().stderr


CONFIGURATIONS = (
    "log.showSignature=true",
    "log.date=relative",
    "format.pretty=%s",
    "color.ui=always",
    "core.quotePath=true",
    "status.showUntrackedFiles=no",
    "status.renames=true",
)


def sign(repository: Repository) -> None:
    """Give the commit a signature, which nobody here can verify."""
    headers, _, message = repository.git("cat-file", "commit", "HEAD").partition("\n\n")
    signature = "gpgsig -----BEGIN SSH SIGNATURE-----\n -----END SSH SIGNATURE-----"
    repository.path("dist/commit").write_text(f"{headers}\n{signature}\n\n{message}")
    signed = repository.git("hash-object", "-t", "commit", "-w", "dist/commit").strip()
    repository.git("update-ref", "HEAD", signed)


@pytest.mark.parametrize("setting", CONFIGURATIONS)
def test_no_configuration_of_git_is_in_a_record(monorepo: Monorepo, setting: str) -> None:
    monorepo.publish(BASE, APP)
    sign(monorepo.repository)
    monorepo.repository.git("config", *setting.split("=", 1))
    found = monorepo.release()
    assert found.exit_code == 0, found.stderr
    record = json.loads(monorepo.written()[f"{DAY}.1.json"])
    assert record["commit"] == monorepo.repository.git("rev-parse", "HEAD").strip()
    assert record["time"] == f"{DAY}T12:00:00Z"


def test_a_tree_that_is_not_a_commit_s_has_no_release(monorepo: Monorepo) -> None:
    monorepo.publish(BASE, APP)
    monorepo.repository.write({"src/library/names.py": "NAME = 2\n"})
    with engine_error(
        ReleaseError, contains="no release: the tree that Pants read is not that of commit"
    ):
        monorepo.release()
    assert monorepo.written() == {}
