from __future__ import annotations

from pathlib import Path

import pytest

from plinth.debian import current, download, make_lock
from plinth.debian.lock import Lock, parse
from plinth.debian.testing.archive_fake import SUITE, FakeArchive

PACKAGES = f"""\
architecture: amd64
suites: {SUITE}
python3  # the interpreter
-dpkg    # only its installation script runs it
"""


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeArchive:
    """An archive, and beside it a folder `debian` with a packages file and a keyring."""
    found = FakeArchive(tmp_path / "archive")
    found.add("python3", version="3.11", depends=("libc6", "dpkg"))
    found.add("libc6", version="2.36-9")
    found.add("dpkg", depends=("tar",))
    found.publish()
    folder = tmp_path / "debian"
    folder.mkdir()
    (folder / "packages.txt").write_text(PACKAGES)
    (folder / "keyring.gpg").write_bytes(found.key.keyring)
    monkeypatch.chdir(tmp_path)
    return found


def run(archive: FakeArchive, monkeypatch: pytest.MonkeyPatch, *more: str) -> int:
    with archive.served():
        monkeypatch.setenv("PLINTH_DEBIAN_MIRROR", archive.url)
        return make_lock.main(
            ["--packages-file", "debian/packages.txt", "--lock", "debian/lock.json", *more]
        )


def read_lock() -> Lock:
    return parse(Path("debian/lock.json").read_text(), "debian/lock.json")


def test_the_same_archive_gives_the_same_bytes_and_no_host(
    archive: FakeArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(archive, monkeypatch) == 0
    first = Path("debian/lock.json").read_bytes()
    assert run(archive, monkeypatch) == 0

    assert Path("debian/lock.json").read_bytes() == first
    assert b"127.0.0.1" not in first
    assert [p.name for p in read_lock().packages] == ["libc6", "python3"]


def test_what_moved_is_said(
    archive: FakeArchive, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(archive, monkeypatch)
    archive.add("libc6", version="2.36-10")
    archive.publish()
    capsys.readouterr()
    run(archive, monkeypatch)

    assert "libc6 2.36-10 (locked 2.36-9)\n" in capsys.readouterr().out


def test_check_passes_for_a_lock_that_answers_its_file_without_asking_anybody(
    archive: FakeArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(archive, monkeypatch)
    archive.asked.clear()

    assert run(archive, monkeypatch, "--check") == 0
    assert archive.asked == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("python3 ", "python3\nlibc6 ", "wanted: libc6, python3 in debian/packages.txt, python3"),
        ("-dpkg ", "# -dpkg ", "left out: none in debian/packages.txt, dpkg in debian/lock.json"),
        (f"suites: {SUITE}", "suites: sid", "suites: sid in"),
        ("amd64", "arm64", "architecture: arm64 in"),
    ],
)
def test_check_fails_for_a_lock_that_answers_another_file(
    archive: FakeArchive,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    old: str,
    new: str,
    message: str,
) -> None:
    run(archive, monkeypatch)
    Path("debian/packages.txt").write_text(PACKAGES.replace(old, new))

    assert run(archive, monkeypatch, "--check") == 1
    error = capsys.readouterr().err
    assert message in error
    assert "debian/lock.json is stale" in error
    assert "Run `make lock`." in error


def test_check_fails_without_a_lock(
    archive: FakeArchive, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(archive, monkeypatch, "--check") == 1
    assert "debian/lock.json does not exist. Run `make lock`." in capsys.readouterr().err


def test_an_error_leaves_the_lock_as_it_was(
    archive: FakeArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(archive, monkeypatch)
    before = Path("debian/lock.json").read_bytes()
    Path("debian/packages.txt").write_text(PACKAGES + "no-such-package\n")

    assert run(archive, monkeypatch) == 1
    assert Path("debian/lock.json").read_bytes() == before


def test_a_lock_that_is_broken_is_made_again(
    archive: FakeArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("debian/lock.json").write_text("<<<<<<< a merge conflict")

    assert run(archive, monkeypatch) == 0
    assert [p.name for p in read_lock().packages] == ["libc6", "python3"]


def test_current_answers_the_request_of_a_lock_and_remembers_it_without_a_network(
    archive: FakeArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(archive, monkeypatch)
    archive.add("libc6", version="2.36-10", depends=("libgcc-s1",))
    archive.add("libgcc-s1")
    archive.publish()
    argv = ["--lock", "debian/lock.json", "--keyring", "debian/keyring.gpg"]
    argv += ["--kept", "kept", "--out", "current.json"]

    with archive.served():
        monkeypatch.setenv("PLINTH_DEBIAN_MIRROR", archive.url)
        assert current.main(argv) == 0
    now = Path("current.json").read_text()
    assert {p.name: p.version for p in parse(now, "current.json").packages} == {
        "libc6": "2.36-10",
        "libgcc-s1": "1.0",
        "python3": "3.11",
    }

    Path("current.json").unlink()
    monkeypatch.setattr(download, "ATTEMPTS", 1)
    assert current.main(argv) == 0
    assert Path("current.json").read_text() == now
    assert current.main([*argv, "--kept", "other"]) == 1
