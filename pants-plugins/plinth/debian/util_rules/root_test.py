"""`debian_root` in a real engine, against a signed archive on loopback.

The builder's locked packages are not installed for this: the tests' own Python runs its modules.
"""

from __future__ import annotations

import io
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import debian
import pytest
from pants.core.target_types import FileSourceField
from pants.engine.addresses import Address
from pants.engine.fs import CreateDigest, Digest, DigestContents, MergeDigests
from pants.engine.process import Process
from pants.engine.rules import Get, QueryRule, rule
from pants.engine.target import HydratedSources, HydrateSourcesRequest
from pants.testutil.rule_runner import RuleRunner, engine_error

from plinth.archive.tar import Entry, read_tar
from plinth.archive.util_rules.builder import BuilderProcess, source_files
from plinth.debian import lock
from plinth.debian.errors import ArchiveError, LockError, PackageGone, RootError
from plinth.debian.lock import Lock, LockedPackage
from plinth.debian.mirror import Mirror
from plinth.debian.target_types import DebianLockField, DebianRootTarget
from plinth.debian.testing.archive_fake import SUITE, FakeArchive
from plinth.debian.util_rules import root
from plinth.debian.util_rules.root import DebianRoot, DebianRootRequest
from plinth.oci.format import reference
from plinth.oci.testing.fake_registry import FakeRegistry

BUILD = """
debian_root(name="runtime")
debian_root(name="zones", packages=["tzdata"])
debian_root(name="wrong", packages=["perl"])
debian_root(name="without", exclude_paths=["etc/no-such-file"])
"""


@rule
async def builder_process(request: BuilderProcess) -> Process:
    """Stands in for `plinth.archive.util_rules.builder`."""
    sources = await Get(Digest, CreateDigest(source_files(request.module)))
    # Only where python-debian is: plinth itself has to come from the sandbox, or its list is wrong.
    packages = os.path.dirname(os.path.dirname(debian.__file__))
    return Process(
        argv=(sys.executable, "-m", request.module, *request.argv),
        input_digest=await Get(Digest, MergeDigests((sources, request.input_digest))),
        env={**request.extra_env, "PYTHONPATH": packages},
        description=request.description,
        output_files=request.output_files,
        append_only_caches=request.append_only_caches,
        cache_scope=request.cache_scope,
    )


class Repository:
    """A repository with `debian/BUILD`, its lock and keyring, and the archive that it is from."""

    def __init__(self, folder: Path) -> None:
        self.archive = FakeArchive(folder)
        self.packages = {
            package.name: package
            for package in (
                self.archive.add("libc6", [Entry("lib/libc", content=b"old")], version="2.36-9"),
                self.archive.add("python3", [Entry("usr/bin/python3")], depends=("libc6",)),
                self.archive.add("tzdata", [Entry("usr/share/zoneinfo/Etc/UTC", content=b"TZif")]),
            )
        }
        self.archive.publish()
        self.runner = RuleRunner(
            rules=[
                builder_process,
                *root.rules(),
                QueryRule(DebianRoot, [DebianRootRequest]),
                QueryRule(HydratedSources, [HydrateSourcesRequest]),
            ],
            target_types=[DebianRootTarget],
            # Kept downloads belong to one test only.
            bootstrap_args=[f"--named-caches-dir={folder.parent / 'caches'}"],
        )
        self.write_lock()
        self.runner.write_files({"debian/BUILD": BUILD})
        self.runner.write_files({"debian/keyring.gpg": self.archive.key.keyring})

    def write_lock(self, *changed: LockedPackage) -> None:
        packages = {**self.packages, **{package.name: package for package in changed}}
        ordered = tuple(packages[name] for name in sorted(packages))
        self.lock = Lock("amd64", (SUITE,), ("python3", "tzdata"), (), ordered)
        self.runner.write_files({"debian/lock.json": lock.dump(self.lock)})

    def drop_libc6(self) -> None:
        """What a security update does: libc6 is replaced, and brings a package that is new."""
        self.archive.add(
            "libc6", [Entry("lib/libc", content=b"new")], version="2.36-10", depends=("libgcc-s1",)
        )
        self.archive.add("libgcc-s1", [Entry("lib/libgcc")])
        self.archive.publish()

    def drop_everything(self) -> None:
        """What years do."""
        shutil.rmtree(self.archive.folder / "pool")

    def make(self, name: str, mirror: str = "", **environment: str) -> DebianRoot:
        self.runner.set_options(
            [f"--plinth-debian-mirror={mirror}"],
            env={"PLINTH_DEBIAN_MIRROR": self.archive.url, **environment},
            env_inherit={"PATH"},
        )
        target = self.runner.get_target(Address("debian", target_name=name))
        return self.runner.request(DebianRoot, [DebianRootRequest(target)])

    def files(self, made: DebianRoot) -> dict[str, bytes]:
        (tar,) = self.runner.request(DigestContents, [made.digest])
        assert tar.path == made.path
        entries = read_tar(io.BytesIO(tar.content))
        return {e.path: e.content for e in entries if isinstance(e.content, bytes)}


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[Repository]:
    found = Repository(tmp_path / "archive")
    with found.archive.served():
        yield found


def test_a_root_holds_what_is_locked_or_the_closure_of_some_of_it(repository: Repository) -> None:
    runtime = repository.make("runtime")
    files = repository.files(runtime)

    assert (runtime.path, runtime.unlocked) == ("debian/runtime.tar", ())
    assert files["usr/lib/libc"] == b"old"
    assert {"usr/bin/python3", "usr/share/zoneinfo/Etc/UTC"} <= files.keys()
    asked = len(repository.archive.asked)
    assert asked == 3

    zones = repository.files(repository.make("zones"))
    assert "usr/share/zoneinfo/Etc/UTC" in zones
    assert "usr/lib/libc" not in zones
    assert len(repository.archive.asked) == asked


def test_a_root_is_generated_as_a_file_for_docker_contexts(repository: Repository) -> None:
    made = repository.make("zones")
    target = repository.runner.get_target(Address("debian", target_name="zones"))
    sources = repository.runner.request(
        HydratedSources,
        [
            HydrateSourcesRequest(
                target[DebianLockField], for_sources_types=(FileSourceField,), enable_codegen=True
            )
        ],
    )

    assert sources.snapshot.files == ("debian/zones.tar",)
    assert sources.snapshot.digest == made.digest


def test_a_package_that_is_gone_stops_the_build_unless_it_is_permitted_to_go_on(
    repository: Repository, caplog: pytest.LogCaptureFixture
) -> None:
    repository.drop_libc6()

    with engine_error(PackageGone, contains="no longer holds libc6 2.36-9"):
        repository.make("runtime")

    made = repository.make("runtime", PLINTH_UNLOCKED="allow")
    files = repository.files(made)
    assert made.unlocked == ("libc6 2.36-10 (locked 2.36-9)", "libgcc-s1 1.0 (not in the lock)")
    assert files["usr/lib/libc"] == b"new"
    assert "usr/lib/libgcc" in files
    assert "debian:runtime is UNLOCKED" in caplog.text

    # What needs nothing that is gone stays at its lock, and permission does not last.
    assert repository.make("zones", PLINTH_UNLOCKED="allow").unlocked == ()
    with engine_error(PackageGone, contains="make lock"):
        repository.make("runtime")


def test_what_the_archive_dropped_is_made_from_the_mirror_with_the_same_bytes(
    repository: Repository, tmp_path: Path
) -> None:
    from_archive = repository.make("runtime")
    # Another machine: it has kept nothing.
    later = Repository(tmp_path / "later/archive")
    with FakeRegistry() as registry, later.archive.served():
        mirror = Mirror(reference.Repository(registry.host, "debian"))
        mirror.fill(later.lock, lambda each: (later.archive.folder / each.path).read_bytes())
        later.drop_everything()

        with engine_error(PackageGone, contains="make lock"):
            later.make("runtime")
        # Not even permission to go on makes another of it.
        made = later.make("runtime", mirror=f"{registry.host}/debian", PLINTH_UNLOCKED="allow")

    assert (made.digest, made.unlocked) == (from_archive.digest, ())


def test_a_mirror_without_a_package_or_without_a_registry_leaves_it_to_the_archive(
    repository: Repository,
) -> None:
    with FakeRegistry() as registry:
        empty = repository.make("zones", mirror=f"{registry.host}/debian")
    assert empty.digest == repository.make("zones").digest
    # Nothing listens there any more.
    assert repository.make("runtime", mirror=f"{registry.host}/debian").unlocked == ()


def test_a_lock_that_is_made_again_ends_it(repository: Repository) -> None:
    repository.drop_libc6()
    newer = repository.archive.add("libc6", [Entry("lib/libc", content=b"new")], version="2.36-11")
    repository.write_lock(newer)

    assert repository.make("runtime", PLINTH_UNLOCKED="allow").unlocked == ()


def test_mistakes_are_named(repository: Repository) -> None:
    with engine_error(LockError, contains="debian/lock.json has no package perl"):
        repository.make("wrong")
    with engine_error(RootError, contains="nothing in the root matches 'etc/no-such-file'"):
        repository.make("without")
    repository.write_lock(replace(repository.packages["tzdata"], sha256="0" * 64))
    with engine_error(ArchiveError, contains="is not the locked tzdata 1.0"):
        repository.make("zones")


def test_only_one_word_permits_to_go_on(repository: Repository) -> None:
    repository.drop_libc6()

    with engine_error(ArchiveError, contains="PLINTH_UNLOCKED is 'yes'. Set it to `allow`"):
        repository.make("runtime", PLINTH_UNLOCKED="yes")
