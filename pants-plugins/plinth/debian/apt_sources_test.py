from __future__ import annotations

from pathlib import Path

import pytest

from plinth.debian.apt_sources import archive_of, locations
from plinth.debian.errors import ArchiveNotConfigured

DEB822 = """\
Types: deb
# where it was first
URIs: http://main.invalid/debian/
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb deb-src
URIs: http://security.invalid/debian-security
Suites: bookworm-security
Components: main contrib

Enabled: no
Types: deb
URIs: http://disabled.invalid/debian
Suites: bookworm
Components: main
"""


def apt(folder: Path, **files: str) -> Path:
    (folder / "sources.list.d").mkdir()
    for name, text in files.items():
        name = name.replace("__", ".")
        path = folder / name if name == "sources.list" else folder / "sources.list.d" / name
        path.write_text(text)
    return folder


@pytest.mark.parametrize(
    ("suite", "archive"),
    [
        ("bookworm", "debian"),
        ("bookworm-updates", "debian"),
        ("bookworm-security", "debian-security"),
    ],
)
def test_security_updates_come_from_an_archive_of_their_own(suite: str, archive: str) -> None:
    assert archive_of(suite) == archive


def test_apts_newer_format_is_read(tmp_path: Path) -> None:
    folder = apt(tmp_path, debian__sources=DEB822)

    assert locations("debian", folder, {}) == ("http://main.invalid/debian",)
    assert locations("debian-security", folder, {}) == ("http://security.invalid/debian-security",)


def test_apts_older_format_is_read(tmp_path: Path) -> None:
    folder = apt(
        tmp_path,
        sources__list=(
            "# deb http://comment.invalid/debian bookworm main\n"
            "deb-src http://source.invalid/debian bookworm main\n"
            "deb [ arch=amd64 signed-by=/a.gpg ] http://one.invalid/debian bookworm main # here\n"
            "deb [trusted=yes] http://one.invalid/security bookworm-security main\n"
        ),
        more__list="deb http://two.invalid/debian trixie non-free main\n",
    )

    assert locations("debian", folder, {}) == (
        "http://one.invalid/debian",
        "http://two.invalid/debian",
    )
    assert locations("debian-security", folder, {}) == ("http://one.invalid/security",)


def test_other_vendors_other_systems_and_other_protocols_are_passed_over(tmp_path: Path) -> None:
    folder = apt(
        tmp_path,
        sources__list=(
            "deb http://node.invalid nodistro main\n"
            "deb http://docker.invalid bookworm stable\n"
            "deb http://ubuntu.invalid noble main\n"
            "deb cdrom:[Debian]/ bookworm main\n"
            "deb http://broken.invalid\n"
        ),
        debian__sources__disabled=DEB822,
    )

    with pytest.raises(ArchiveNotConfigured, match="PLINTH_DEBIAN_MIRROR"):
        locations("debian", folder, {})


def test_a_machine_without_apt_is_told_which_variable_to_set(tmp_path: Path) -> None:
    with pytest.raises(ArchiveNotConfigured, match="Set PLINTH_DEBIAN_SECURITY_MIRROR to the URL"):
        locations("debian-security", tmp_path / "etc/apt", {})


def test_the_environment_goes_before_apt(tmp_path: Path) -> None:
    folder = apt(tmp_path, debian__sources=DEB822)
    environ = {"PLINTH_DEBIAN_MIRROR": "http://mine.invalid/debian/"}

    assert locations("debian", folder, environ) == ("http://mine.invalid/debian",)
    assert locations("debian-security", folder, environ) == (
        "http://security.invalid/debian-security",
    )
