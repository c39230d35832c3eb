from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from plinth.archive.tar import Entry
from plinth.debian import fetch as module
from plinth.debian.download import NotThere
from plinth.debian.errors import ArchiveError, PackageGone
from plinth.debian.fetch import fetch
from plinth.debian.lock import LockedPackage
from plinth.debian.testing.archive_fake import FakeArchive


@pytest.fixture
def archive(tmp_path: Path) -> FakeArchive:
    return FakeArchive(tmp_path / "archive")


@pytest.fixture
def package(archive: FakeArchive) -> LockedPackage:
    return archive.add("libc6", [Entry("lib/libc.so.6")], version="2.36-9")


def offline(url: str, limit: int) -> bytes:
    raise ArchiveError(f"cannot reach {url}")


def gone(url: str, limit: int) -> bytes:
    raise NotThere(url)


def test_a_package_is_downloaded_once_and_kept(
    archive: FakeArchive, package: LockedPackage, tmp_path: Path
) -> None:
    with archive.served():
        first = fetch(package, [archive.url], tmp_path / "kept")

    assert archive.asked == [f"/{package.path}"]
    assert fetch(package, [archive.url], tmp_path / "kept", offline) == first


def test_a_kept_file_that_was_damaged_is_downloaded_again(
    package: LockedPackage, archive: FakeArchive, tmp_path: Path
) -> None:
    (tmp_path / f"{package.sha256}.deb").write_bytes(b"damaged")
    deb = (archive.folder / package.path).read_bytes()

    assert fetch(package, ["http://a"], tmp_path, lambda url, limit: deb) == deb
    assert fetch(package, ["http://a"], tmp_path, offline) == deb


def test_the_next_location_is_asked_when_one_fails(package: LockedPackage, tmp_path: Path) -> None:
    def get(url: str, limit: int) -> bytes:
        if url.startswith("http://lacks"):
            raise NotThere(url)
        if url.startswith("http://lies"):
            return b"other bytes"
        if url.startswith("http://down"):
            raise ArchiveError(url)
        return deb

    deb = fetch_from(package, tmp_path)
    urls = ["http://lacks", "http://lies", "http://down", "http://has"]
    assert fetch(package, urls, tmp_path / "kept", get) == deb


def fetch_from(package: LockedPackage, tmp_path: Path) -> bytes:
    return (tmp_path / "archive" / package.path).read_bytes()


def test_a_package_that_left_the_archive_says_which_why_and_what_to_do(
    archive: FakeArchive, package: LockedPackage, tmp_path: Path
) -> None:
    archive.add("libc6", version="2.36-10")

    with archive.served(), pytest.raises(PackageGone) as caught:
        fetch(package, [archive.url], tmp_path / "kept")
    for part in ("libc6 2.36-9", "has replaced it", "`make lock`", "PLINTH_UNLOCKED=allow"):
        assert part in str(caught.value)


def test_what_was_gone_is_still_gone_without_a_network(
    package: LockedPackage, tmp_path: Path
) -> None:
    with pytest.raises(PackageGone):
        fetch(package, ["http://a"], tmp_path / "kept", gone)

    with pytest.raises(PackageGone, match="libc6 2.36-9"):
        fetch(package, ["http://a"], tmp_path / "kept", offline)
    with pytest.raises(ArchiveError, match="cannot reach"):
        fetch(package, ["http://a"], tmp_path / "other", offline)


def test_one_location_that_cannot_be_asked_leaves_it_open_whether_it_is_gone(
    package: LockedPackage, tmp_path: Path
) -> None:
    def get(url: str, limit: int) -> bytes:
        return gone(url, limit) if url.startswith("http://lacks") else offline(url, limit)

    with pytest.raises(ArchiveError, match="cannot reach"):
        fetch(package, ["http://lacks", "http://down"], tmp_path, get)


def test_other_bytes_are_refused_and_not_kept(
    archive: FakeArchive, package: LockedPackage, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    wrong = replace(package, sha256="0" * 64)

    with archive.served(), pytest.raises(ArchiveError, match="is not the locked libc6 2.36-9"):
        fetch(wrong, [archive.url], kept)
    assert not kept.exists()


def test_as_a_command_it_writes_the_file_or_exits_as_promised(
    archive: FakeArchive,
    package: LockedPackage,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "out.deb"
    argv = ["--kept", str(tmp_path / "kept"), "--out", str(out)]
    with archive.served():
        monkeypatch.setenv("PLINTH_DEBIAN_MIRROR", archive.url)
        assert module.main(["--package", package.to_json(), *argv]) == 0
        assert out.read_bytes() == fetch_from(package, tmp_path)

        absent = replace(package, path="pool/absent.deb", sha256="1" * 64)
        assert module.main(["--package", absent.to_json(), *argv]) == PackageGone.exit_code
        assert "no longer holds libc6" in capsys.readouterr().err
        assert module.main(["--package", "{}", *argv]) == 1
