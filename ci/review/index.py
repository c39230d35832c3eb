"""What the package index has of a version: when it was uploaded, and where its changelog is.

For people: where the index does not answer, or has it not, it is not known, and nothing fails.
"""

from __future__ import annotations

import email.parser
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

_JSON = "application/vnd.pypi.simple.v1+json"
_LIMIT_SECONDS = 10
_MOST_BYTES = 64 * 1024 * 1024
_CHANGELOG = re.compile(
    r"change ?-?log|changes|release ?-?notes|history|what'?s ?new", re.IGNORECASE
)
_LINK = re.compile(r"https?://[^\s()<>\[\]|]+")


@dataclass(frozen=True)
class Facts:
    """Of one version; None and empty where it is not known."""

    uploaded: datetime | None = None
    changelog: str = ""


@dataclass(frozen=True)
class Index:
    """A package index, by the address of its simple API."""

    url: str

    def facts(self, name: str, version: str) -> Facts:
        page = f"{self.url.rstrip('/')}/{urllib.parse.quote(name)}/"
        try:
            files = json.loads(_get(page, _JSON))["files"]
        except (OSError, ValueError, KeyError, TypeError):
            return Facts()
        ours = [each for each in files if _is_of(each, name, version)]
        times = sorted(each["upload-time"] for each in ours if each.get("upload-time"))
        return Facts(_time(times[0]) if times else None, _changelog(page, ours))


def changelog_of(metadata: str) -> str:
    """The link to the changelog that a distribution's METADATA has; empty if there is none."""
    message = email.parser.Parser().parsestr(metadata, headersonly=True)
    for entry in message.get_all("Project-URL", ()):
        label, _, link = entry.partition(",")
        if _CHANGELOG.search(label) and _LINK.fullmatch(link.strip()):
            return link.strip()
    return ""


def _changelog(page: str, files: Iterable[Mapping[str, Any]]) -> str:
    for each in files:
        if each.get("core-metadata") or each.get("data-dist-info-metadata"):
            link = urllib.parse.urljoin(page, each["url"].partition("#")[0])
            try:
                return changelog_of(_get(f"{link}.metadata", "*/*").decode())
            except (OSError, ValueError):
                return ""
    return ""


def _is_of(file: Mapping[str, Any], name: str, version: str) -> bool:
    """`name-version-…whl` or `name-version.tar.gz`, however the name is written."""
    stem = re.sub(r"\.(whl|tar\.gz|zip)$", "", file.get("filename", ""))
    escaped = re.sub(r"[-_.]+", "[-_.]+", re.escape(name).replace("\\-", "-"))
    return bool(re.match(rf"{escaped}-{re.escape(version)}(-|$)", stem, re.IGNORECASE))


def _time(text: str) -> datetime | None:
    try:
        # Python 3.9 wants six digits of a second's fraction, or none, and no `Z`.
        return datetime.fromisoformat(f"{text[:19]}+00:00")
    except ValueError:
        return None


def _get(url: str, accept: str) -> bytes:
    if not url.startswith(("https://", "http://")):
        raise ValueError(f"{url} is no address of an index")
    request = urllib.request.Request(url, headers={"Accept": accept})
    with urllib.request.urlopen(request, timeout=_LIMIT_SECONDS) as answer:
        found: bytes = answer.read(_MOST_BYTES)
        return found
