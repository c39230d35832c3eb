from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from plinth.debian.archive import parse_packages, read_index, verified_text
from plinth.debian.download import NotThere
from plinth.debian.errors import ArchiveError, SignatureError
from plinth.debian.resolve import Index
from plinth.debian.testing.archive_fake import SUITE, FakeArchive
from plinth.debian.testing.openpgp_fake import SigningKey

TEXT = "Origin: Debian\n- dashed\ntrailing \nDate: today\n"


@pytest.fixture(scope="session")
def ours() -> SigningKey:
    return SigningKey.from_seed(1)


@pytest.fixture(scope="session")
def theirs() -> SigningKey:
    return SigningKey.from_seed(2)


@pytest.fixture
def keyring(ours: SigningKey, tmp_path: Path) -> Path:
    path = tmp_path / "keyring.gpg"
    path.write_bytes(ours.keyring)
    return path


def test_a_text_signed_by_a_trusted_key_is_read(ours: SigningKey, keyring: Path) -> None:
    assert verified_text(ours.clear_signed(TEXT), keyring).splitlines()[0] == "Origin: Debian"


def test_one_trusted_signature_is_enough(
    ours: SigningKey, theirs: SigningKey, keyring: Path
) -> None:
    assert "Debian" in verified_text(theirs.clear_signed(TEXT, also=(ours,)), keyring)


def test_a_signature_by_another_key_is_refused(theirs: SigningKey, keyring: Path) -> None:
    with pytest.raises(SignatureError, match="no good signature by a key of keyring.gpg"):
        verified_text(theirs.clear_signed(TEXT), keyring)


def test_a_changed_text_is_refused(ours: SigningKey, keyring: Path) -> None:
    with pytest.raises(SignatureError, match="BAD signature"):
        verified_text(ours.clear_signed(TEXT).replace(b"Debian", b"Devil"), keyring)


def test_a_bad_signature_is_not_passed_over_for_a_good_one(
    ours: SigningKey, theirs: SigningKey, keyring: Path
) -> None:
    keyring.write_bytes(ours.keyring + theirs.keyring)
    good = ours.clear_signed(TEXT, also=(theirs,))
    assert verified_text(good, keyring)

    broken = dataclasses.replace(theirs, secret=theirs.secret + 2)
    with pytest.raises(SignatureError, match="Good signature.*BAD signature"):
        verified_text(ours.clear_signed(TEXT, also=(broken,)), keyring)


def test_a_text_without_signature_is_refused(keyring: Path) -> None:
    with pytest.raises(SignatureError, match="no good signature"):
        verified_text(TEXT.encode(), keyring)


def test_text_around_the_signed_part_is_not_read(ours: SigningKey, keyring: Path) -> None:
    signed = b"Origin: Evil\n\n" + ours.clear_signed(TEXT) + b"\nOrigin: Evil\n"

    assert "Evil" not in verified_text(signed, keyring)


def test_a_machine_without_gpgv_is_told_what_to_install(ours: SigningKey, keyring: Path) -> None:
    with pytest.raises(SignatureError, match="apt-get install gpgv"):
        verified_text(ours.clear_signed(TEXT), keyring, gpgv="no-such-gpgv")


def test_a_missing_keyring_is_named(ours: SigningKey, tmp_path: Path) -> None:
    with pytest.raises(SignatureError, match="nowhere.gpg does not exist"):
        verified_text(ours.clear_signed(TEXT), tmp_path / "nowhere.gpg")


@pytest.fixture
def fake(ours: SigningKey, tmp_path: Path) -> FakeArchive:
    found = FakeArchive(tmp_path / "archive", ours)
    found.add("libc6", version="2.36-9")
    return found


class Reader:
    """Reads the index of a fake archive without a network, and keeps what was warned of."""

    def __init__(self, fake: FakeArchive, keyring: Path) -> None:
        self._fake, self._keyring = fake, keyring
        self.warnings: list[str] = []

    def read(self, *urls: str, architecture: str = "amd64") -> Index:
        return read_index(
            (SUITE,),
            architecture,
            self._keyring,
            lambda _: urls or ("a://archive",),
            self.warnings.append,
            self._get,
        )

    def _get(self, url: str, limit: int) -> bytes:
        path = self._fake.folder / url.replace("a://archive/", "")
        if not path.is_file():
            raise NotThere(f"{url} is not there")
        return path.read_bytes()


@pytest.fixture
def reader(fake: FakeArchive, keyring: Path) -> Reader:
    return Reader(fake, keyring)


@pytest.mark.parametrize("by_hash", [True, False])
def test_an_index_is_read_by_hash_or_else_by_name(
    fake: FakeArchive, reader: Reader, by_hash: bool
) -> None:
    fake.publish(by_hash=by_hash)
    if by_hash:
        (fake.folder / f"dists/{SUITE}/main/binary-amd64/Packages.xz").unlink()

    found = reader.read().newest("libc6")
    assert found is not None
    assert str(found.version) == "2.36-9"
    assert reader.warnings == []


def test_an_archive_that_debian_has_not_signed_is_passed_over(
    fake: FakeArchive, reader: Reader
) -> None:
    fake.publish()

    assert reader.read("a://third-party", "a://archive").newest("libc6")


def test_no_usable_archive_is_an_error_that_names_each_and_the_variable(
    fake: FakeArchive, theirs: SigningKey, reader: Reader
) -> None:
    fake.publish(key=theirs)

    with pytest.raises(SignatureError, match="no good signature.*Set PLINTH_DEBIAN_MIRROR"):
        reader.read("a://third-party", "a://archive")


def test_another_suite_under_this_name_is_refused(fake: FakeArchive, reader: Reader) -> None:
    fake.publish()
    release = fake.folder / f"dists/{SUITE}/InRelease"
    text = fake.key.clear_signed("Origin: Debian\nCodename: buster\nSuite: oldoldstable\n")
    release.write_bytes(text)

    with pytest.raises(ArchiveError, match="calls itself Debian buster, not Debian bookworm"):
        reader.read()


def test_packages_that_are_not_the_signed_ones_are_refused(
    fake: FakeArchive, reader: Reader
) -> None:
    fake.publish(by_hash=False)
    (fake.folder / f"dists/{SUITE}/main/binary-amd64/Packages.xz").write_bytes(b"other")

    with pytest.raises(ArchiveError, match="not the file that the signed index names"):
        reader.read()


def test_an_architecture_that_the_archive_lacks_is_named(fake: FakeArchive, reader: Reader) -> None:
    fake.publish()

    with pytest.raises(ArchiveError, match="no main/binary-s390x/Packages.xz in bookworm"):
        reader.read(architecture="s390x")


def test_an_index_past_its_time_is_warned_of(fake: FakeArchive, reader: Reader) -> None:
    fake.publish(fields="Valid-Until: Sat, 18 Jul 2020 10:16:37 UTC\n")

    reader.read()
    assert reader.warnings == [
        "the index of bookworm was valid until 2020-07-18 10:16 UTC: the mirror may lag, and "
        "security updates may be missing from the lock."
    ]


def test_provides_over_several_lines_are_found() -> None:
    text = "Package: a\nProvides: one (= 1),\n two:any,\n\tthree\nVersion: 1\n\n \nPackage: b\n"

    first, second = parse_packages(text, "debian")
    assert first.provides == ("one", "three", "two")
    assert (second.name, second.provides) == ("b", ())


def test_an_index_with_a_nameless_stanza_is_refused() -> None:
    with pytest.raises(ArchiveError, match="a stanza without a package name: 'Version: 1'"):
        list(parse_packages("Package: a\n\nVersion: 1\n", "debian"))


def test_an_empty_index_offers_nothing() -> None:
    assert list(parse_packages("\n", "debian")) == []
