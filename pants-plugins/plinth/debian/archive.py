"""A signed archive index: from `InRelease`, by hash, to the packages it offers.

The trust anchor is the keyring in the repository. An archive that none of its keys has signed is
not read.
"""

from __future__ import annotations

import hashlib
import lzma
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Callable

from debian.deb822 import Release

from plinth.debian import download
from plinth.debian.apt_sources import VARIABLES, archive_of
from plinth.debian.download import Get
from plinth.debian.errors import ArchiveError, SignatureError
from plinth.debian.resolve import Candidate, Index

_MEBIBYTE = 1 << 20
_RELEASE_LIMIT = 4 * _MEBIBYTE
_PACKAGES_LIMIT = 64 * _MEBIBYTE

Warn = Callable[[str], None]


def read_index(
    suites: Iterable[str],
    architecture: str,
    keyring: Path,
    locate: Callable[[str], tuple[str, ...]],
    warn: Warn,
    get: Get = download.get,
) -> Index:
    """Everything that the suites offer for the architecture.

    `locate` gives the URLs of an archive (`apt_sources.locations`). Raises `ArchiveError`.
    """
    candidates: list[Candidate] = []
    for suite in suites:
        archive = archive_of(suite)
        url, release = _signed_release(suite, locate(archive), keyring, get)
        _check_dates(release, suite, warn)
        text = _packages(url, suite, architecture, release, get)
        candidates.extend(parse_packages(text, archive))
    return Index(candidates)


def parse_packages(text: str, archive: str) -> Iterator[Candidate]:
    """The stanzas of a `Packages` file. Raises `ArchiveError` for one without a name."""
    # python-debian takes 12 s for the 63 000 stanzas of a release, and a lock needs thirty of them:
    # so a stanza is cut out by its first line and its Provides, and parsed when it is asked for.
    for stanza in re.split(r"\n(?:[ \t]*\n)+", text.strip("\n")):
        if not stanza:
            continue
        name = re.search(r"^Package:[ \t]*(\S+)", stanza, re.MULTILINE)
        if name is None:
            raise ArchiveError(
                f"the index of {archive} has a stanza without a package name: {stanza[:80]!r}"
            )
        provides = re.search(r"^Provides:(.*(?:\n[ \t].*)*)", stanza, re.MULTILINE)
        yield Candidate(
            name=name[1],
            archive=archive,
            provides=_provided_names(provides[1]) if provides else (),
            stanza=stanza,
        )


def _provided_names(value: str) -> tuple[str, ...]:
    return tuple(
        sorted({part.split("(")[0].split(":")[0].strip() for part in value.split(",")} - {""})
    )


def _signed_release(
    suite: str, urls: tuple[str, ...], keyring: Path, get: Get
) -> tuple[str, Release]:
    """The first URL whose release file is of this suite and signed, and that file."""
    refused: list[str] = []
    last: ArchiveError = ArchiveError(f"no archive to ask for {suite}")
    for url in urls:
        try:
            release = Release(
                verified_text(get(f"{url}/dists/{suite}/InRelease", _RELEASE_LIMIT), keyring)
            )
            if release.get("Origin") == "Debian" and suite in (
                release.get("Codename"),
                release.get("Suite"),
            ):
                return url, release
            raise ArchiveError(
                f"{url} calls itself {release.get('Origin')} {release.get('Codename')}, not Debian "
                f"{suite}"
            )
        except ArchiveError as error:
            refused.append(str(error))
            last = error
    variable = VARIABLES[archive_of(suite)]
    raise type(last)(
        f"no usable archive for {suite}: {'; '.join(refused)}. Set {variable} to the URL of a "
        "mirror of Debian."
    ) from last


def verified_text(signed: bytes, keyring: Path, gpgv: str = "gpgv") -> str:
    """The part of a clear-signed text that a key of `keyring` has signed. Raises `SignatureError`.

    As in apt, one good signature is enough where others are by keys that we do not hold, and a bad
    one is never passed over.
    """
    command = shutil.which(gpgv)
    if command is None:
        raise SignatureError(
            "gpgv is not installed, so the archive's signature cannot be checked: install it "
            "(Debian: `apt-get install gpgv`; macOS: `brew install gnupg`)."
        )
    if not keyring.is_file():
        raise SignatureError(
            f"the keyring {keyring} does not exist: it holds the keys that are trusted."
        )
    with tempfile.TemporaryDirectory() as folder:
        message, text = Path(folder, "message"), Path(folder, "text")
        message.write_bytes(signed)
        # Only what gpgv writes out was signed; text around the signed part is not in it.
        done = subprocess.run(
            (
                *(command, "--keyring", str(keyring.absolute()), "--weak-digest", "SHA1"),
                *("--status-fd", "1", "--output", str(text), str(message)),
            ),
            capture_output=True,
            text=True,
            errors="replace",
        )
        # A user id inside a status line is the signer's own text: only a line's first word counts.
        status = {
            words[1]
            for line in done.stdout.splitlines()
            if (words := line.split())[:1] == ["[GNUPG:]"]
        }
        if not {"GOODSIG", "VALIDSIG"} <= status or "BADSIG" in status or not text.is_file():
            raise SignatureError(
                f"the archive's index has no good signature by a key of {keyring.name} "
                f"({' '.join(done.stderr.split()) or 'not signed'})"
            )
        return text.read_text(encoding="utf-8")


def _check_dates(release: Release, suite: str, warn: Warn) -> None:
    now = datetime.now(timezone.utc)
    made, until = _date(release.get("Date")), _date(release.get("Valid-Until"))
    if made is not None and made > now:
        warn(
            f"the index of {suite} is from the future ({made:%Y-%m-%d %H:%M} UTC): is this "
            "machine's clock right?"
        )
    if until is not None and until < now:
        warn(
            f"the index of {suite} was valid until {until:%Y-%m-%d %H:%M} UTC: the mirror may lag, "
            "and security updates may be missing from the lock."
        )


def _date(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return parsedate_to_datetime(text.replace(" UTC", " +0000"))
    except (TypeError, ValueError) as error:
        raise ArchiveError(f"the index has a date that is none: {text!r}") from error


def _packages(url: str, suite: str, architecture: str, release: Release, get: Get) -> str:
    path = f"main/binary-{architecture}/Packages.xz"
    listed = {file["name"]: file for file in release.get("SHA256", [])}
    file = listed.get(path)
    if file is None:
        raise ArchiveError(
            f"{url} has no {path} in {suite}: is the architecture {architecture} part of it?"
        )
    size, sha256 = int(file["size"]), file["sha256"]
    if size > _PACKAGES_LIMIT:
        raise ArchiveError(f"{url}: {path} of {suite} is said to have {size} bytes")
    folder = f"{url}/dists/{suite}/main/binary-{architecture}"
    try:
        # By its hash a file stays there for a while after the archive has moved on.
        data = get(f"{folder}/by-hash/SHA256/{sha256}", size)
    except download.NotThere:
        data = get(f"{folder}/Packages.xz", size)
    if len(data) != size or hashlib.sha256(data).hexdigest() != sha256:
        raise ArchiveError(
            f"{folder}/Packages.xz is not the file that the signed index names (sha256 {sha256}): "
            "the mirror is being updated, or its content was changed on the way. Try again in "
            "some minutes."
        )
    try:
        return lzma.decompress(data).decode("utf-8")
    except (lzma.LZMAError, UnicodeDecodeError) as error:
        raise ArchiveError(f"{folder}/Packages.xz is not readable: {error}") from error
