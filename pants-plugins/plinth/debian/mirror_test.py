from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from plinth.archive.tar import Entry
from plinth.debian.fetch import kept_or_mirrored
from plinth.debian.lock import Lock, LockedPackage
from plinth.debian.mirror import Mirror, artefact
from plinth.debian.testing.archive_fake import FakeArchive
from plinth.oci.errors import OciError
from plinth.oci.format.reference import Repository
from plinth.oci.registry.client import Registry
from plinth.oci.registry.transport import Transport
from plinth.oci.testing.fake_registry import Answer, FakeRegistry, no_wait


@pytest.fixture
def registry() -> Iterator[FakeRegistry]:
    with FakeRegistry() as found:
        yield found


@pytest.fixture
def mirror(registry: FakeRegistry) -> Mirror:
    client = Registry(registry.host, Transport(retries=no_wait(2)))
    return Mirror(Repository(registry.host, "debian"), client)


@pytest.fixture
def archive(tmp_path: Path) -> FakeArchive:
    return FakeArchive(tmp_path / "archive")


@pytest.fixture
def locked(archive: FakeArchive) -> Lock:
    packages = (
        archive.add("libc6", [Entry("lib/libc.so.6")], version="2.36-9"),
        archive.add("tzdata", [Entry("usr/share/zoneinfo/UTC")]),
    )
    return Lock("amd64", (), ("libc6", "tzdata"), (), packages)


def test_what_was_put_there_is_found_by_its_hash(
    mirror: Mirror, archive: FakeArchive, locked: Lock
) -> None:
    added = mirror.fill(locked, lambda package: (archive.folder / package.path).read_bytes())

    assert added == ("libc6", "tzdata")
    for package in locked.packages:
        assert mirror.find(package) == (archive.folder / package.path).read_bytes()


def test_what_is_not_there_is_not_found(mirror: Mirror, locked: Lock) -> None:
    assert mirror.find(locked.packages[0]) is None


def test_nothing_is_sent_twice_and_no_tag_moves(
    mirror: Mirror, archive: FakeArchive, locked: Lock, registry: FakeRegistry
) -> None:
    read = {package: (archive.folder / package.path).read_bytes() for package in locked.packages}
    mirror.fill(locked, read.__getitem__)
    registry.requests.clear()

    assert mirror.fill(locked, read.__getitem__) == ()
    assert {request.method for request in registry.requests} == {"HEAD"}


def test_an_artefact_names_every_package_so_that_none_is_cleared_away(
    mirror: Mirror, archive: FakeArchive, locked: Lock, registry: FakeRegistry
) -> None:
    mirror.fill(locked, lambda package: (archive.folder / package.path).read_bytes())
    content, tag = artefact(locked)

    assert registry.manifests["debian", tag][1] == content
    assert all(package.sha256.encode() in content for package in locked.packages)


def test_the_artefact_is_there_only_when_its_packages_are(
    mirror: Mirror, locked: Lock, registry: FakeRegistry
) -> None:
    def none(package: LockedPackage) -> bytes:
        raise LookupError(package.name)

    with pytest.raises(LookupError):
        mirror.fill(locked, none)
    assert registry.manifests == {}


def test_other_bytes_are_not_taken(
    mirror: Mirror, locked: Lock, registry: FakeRegistry, tmp_path: Path
) -> None:
    package = locked.packages[0]
    registry.blobs["debian", f"sha256:{package.sha256}"] = b"x" * package.size

    with pytest.raises(OciError, match="the registry is damaged"):
        mirror.find(package)
    said: list[str] = []
    assert kept_or_mirrored(package, tmp_path / "kept", mirror, said.append) is None
    assert "the registry is damaged" in said[0]


def test_a_mirror_that_is_down_is_passed_over(
    mirror: Mirror, locked: Lock, registry: FakeRegistry, tmp_path: Path
) -> None:
    registry.intercept = lambda request: Answer(503)
    said: list[str] = []
    assert kept_or_mirrored(locked.packages[0], tmp_path / "kept", mirror, said.append) is None
    assert "503" in said[0]


def test_what_the_mirror_gave_is_kept(
    mirror: Mirror, archive: FakeArchive, locked: Lock, registry: FakeRegistry, tmp_path: Path
) -> None:
    mirror.fill(locked, lambda package: (archive.folder / package.path).read_bytes())
    package = locked.packages[0]
    said: list[str] = []
    first = kept_or_mirrored(package, tmp_path / "kept", mirror, said.append)
    registry.requests.clear()

    assert kept_or_mirrored(package, tmp_path / "kept", mirror, said.append) == first
    assert (registry.requests, said) == ([], [])
