"""Names of repositories and images in registries: `host[:port]/repository[:tag][@sha256:…]`.

Source: the OCI distribution specification 1.0, "Pulling manifests".
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from plinth.oci.errors import OciError
from plinth.oci.format.descriptor import is_digest

_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_PATH = re.compile(rf"{_PART}(?:/{_PART})*")
_TAG = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}")
_HOST = re.compile(r"(?:[a-zA-Z0-9][a-zA-Z0-9.-]*|\[[0-9a-fA-F:]+\])(?::[0-9]{1,5})?")


class BadReference(OciError):
    """A text that names no repository or image of a registry."""


def is_tag(text: str) -> bool:
    """Whether `text` may be a tag."""
    return _TAG.fullmatch(text) is not None


def is_loopback(host: str) -> bool:
    """Whether `host[:port]` is this machine by its loopback interface."""
    name = re.sub(r":[0-9]+$", "", host).strip("[]")
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True)
class Repository:
    """A repository of a registry: `host` with its port, and the `path` within the registry."""

    host: str
    path: str

    @classmethod
    def parse(cls, text: str) -> Repository:
        """The repository that `host[:port]/path` names.

        The host is never implied: its first part has a dot or a port, or is `localhost`.
        """
        host, _, path = text.partition("/")
        if not (_HOST.fullmatch(host) and ("." in host or ":" in host or host == "localhost")):
            raise BadReference(
                f"{text!r} does not begin with a registry's host, such as 127.0.0.1:5000/"
            )
        if not _PATH.fullmatch(path):
            raise BadReference(
                f"{text!r} names no repository: after the host come lower-case letters, digits and "
                f"single separators (. _ - /), such as plinth/authorizer"
            )
        return cls(host, path)

    def at(self, digest: str) -> str:
        """The image of that digest: `host/path@sha256:…`."""
        return f"{self}@{digest}"

    def __str__(self) -> str:
        return f"{self.host}/{self.path}"


def parse_pinned(text: str) -> tuple[Repository, str]:
    """The repository and digest of `repository@sha256:…`. A tag beside the digest is refused."""
    name, _, digest = text.partition("@")
    if not is_digest(digest):
        raise BadReference(f"{text!r} does not name its image by digest: repository@sha256:…")
    return Repository.parse(name), digest
