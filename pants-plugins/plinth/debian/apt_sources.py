"""Where this machine gets Debian packages: its environment says so, or else apt's configuration.

No archive is named in the repository. apt's `sources.list` and both formats of `sources.list.d` are
read; other vendors' archives in them do no harm, because an index counts only when Debian has
signed it and a package only when its hash is the locked one.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from debian.deb822 import Deb822

from plinth.debian.errors import ArchiveNotConfigured
from plinth.debian.lock import DEBIAN, SECURITY

VARIABLES = {DEBIAN: "PLINTH_DEBIAN_MIRROR", SECURITY: "PLINTH_DEBIAN_SECURITY_MIRROR"}
APT = Path("/etc/apt")
# A host may run another release of Debian than the runtime; its archive holds both.
_RELEASES = frozenset(
    (
        *("oldoldstable", "oldstable", "stable", "testing", "unstable"),
        *("bullseye", "bookworm", "trixie", "forky", "duke", "sid"),
    )
)


class _Source(NamedTuple):
    url: str
    suite: str
    components: tuple[str, ...]


def archive_of(suite: str) -> str:
    """The archive that holds a suite: security updates come from one of their own."""
    return SECURITY if suite.endswith("-security") else DEBIAN


def locations(
    archive: str, apt: Path = APT, environ: Mapping[str, str] = os.environ
) -> tuple[str, ...]:
    """The URLs, without a slash at their end, at which the archive may be found; best first.

    Raises `ArchiveNotConfigured` when there is none.
    """
    variable = VARIABLES[archive]
    if environ.get(variable):
        return (environ[variable].rstrip("/"),)
    found = {
        source.url.rstrip("/"): None
        for source in _sources(apt)
        if archive_of(source.suite) == archive
        and source.suite.split("-")[0] in _RELEASES
        and "main" in source.components
        and source.url.startswith(("http://", "https://"))
    }
    if not found:
        raise ArchiveNotConfigured(
            f"{apt} names no Debian archive for {archive} packages (a source of a Debian release "
            f"with the component main). Set {variable} to the URL of a mirror: the folder that "
            "holds dists/ and pool/."
        )
    return tuple(found)


def _sources(apt: Path) -> Iterator[_Source]:
    lists = [apt / "sources.list", *sorted((apt / "sources.list.d").glob("*"))]
    for path in lists:
        if path.suffix == ".list" and path.is_file():
            yield from _one_line_sources(
                path.read_text(encoding="utf-8", errors="replace").splitlines()
            )
        elif path.suffix == ".sources" and path.is_file():
            yield from _deb822_sources(path.read_text(encoding="utf-8", errors="replace"))


def _one_line_sources(lines: Iterable[str]) -> Iterator[_Source]:
    """`deb [option=value …] URL SUITE COMPONENT…`, as in sources.list(5)."""
    for line in lines:
        words = line.split("#")[0].split()
        if not words or words[0] != "deb":
            continue
        if len(words) > 1 and words[1].startswith("["):
            end = next((n for n, word in enumerate(words) if word.endswith("]")), len(words))
            words = ["deb", *words[end + 1 :]]
        if len(words) >= 4:
            yield _Source(words[1], words[2], tuple(words[3:]))


def _deb822_sources(text: str) -> Iterator[_Source]:
    for stanza in Deb822.iter_paragraphs(text, use_apt_pkg=False):
        if stanza.get("Enabled", "yes").strip().lower() in ("no", "false", "0", "off", "disable"):
            continue
        if "deb" not in stanza.get("Types", "").split():
            continue
        for url in stanza.get("URIs", "").split():
            for suite in stanza.get("Suites", "").split():
                yield _Source(url, suite, tuple(stanza.get("Components", "").split()))
