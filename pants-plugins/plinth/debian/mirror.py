"""Locked packages in one's own registry, for as long as it lives.

Debian's archive drops a version once a newer one has replaced it. Here each `.deb` of a lock is a
blob, found by the hash that the lock has; one artefact for each lock names its packages, so that no
registry takes them for left over.
"""

from __future__ import annotations

import hashlib
from typing import Callable

from plinth.debian.lock import Lock, LockedPackage
from plinth.oci.format.artefact import CONFIG, NO_CONFIG, TITLE, artefact_manifest
from plinth.oci.format.descriptor import MANIFEST, Descriptor
from plinth.oci.format.reference import Repository
from plinth.oci.registry.client import Registry
from plinth.oci.registry.transport import Retries, Transport

_ARTEFACT = "application/vnd.plinth.debian.v1"
_DEB = "application/vnd.debian.binary-package"
_SECONDS, _ATTEMPTS = 10.0, 2


class Mirror:
    """The packages in a repository of a registry."""

    def __init__(self, repository: Repository, registry: Registry | None = None) -> None:
        self.repository = repository
        # The archive is still there to ask: a mirror that is down must not hold a build up.
        impatient = Transport(timeout=_SECONDS, retries=Retries(attempts=_ATTEMPTS))
        self._registry = registry or Registry(repository.host, impatient)

    def find(self, package: LockedPackage) -> bytes | None:
        """The `.deb`, whose bytes are those that are locked; None where the mirror has it not.

        Raises `OciError` when the registry does not answer, or has other bytes.
        """
        blob = _blob(package)
        if not self._registry.has_blob(self.repository.path, blob):
            return None
        return self._registry.read_blob(self.repository.path, blob)

    def fill(self, locked: Lock, deb: Callable[[LockedPackage], bytes]) -> tuple[str, ...]:
        """Put what is missing of the lock's packages there; their names. `deb` gets the bytes.

        Nothing that is there is replaced: the artefact's tag is made of what it names. Raises
        `OciError`, and whatever `deb` raises; the artefact is not there then.
        """
        path, added = self.repository.path, []
        for package in locked.packages:
            if not self._registry.has_blob(path, _blob(package)):
                self._registry.upload_blob(path, _blob(package), deb(package))
                added.append(package.name)
        if not self._registry.has_blob(path, CONFIG):
            self._registry.upload_blob(path, CONFIG, NO_CONFIG)
        content, tag = artefact(locked)
        if self._registry.manifest_digest(path, tag) is None:
            self._registry.put_manifest(path, tag, MANIFEST, content)
        return tuple(added)


def artefact(locked: Lock) -> tuple[bytes, str]:
    """The manifest that names the lock's packages, and its tag. One lock gives one artefact."""
    content = artefact_manifest(_ARTEFACT, map(_blob, locked.packages))
    return content, f"lock-{hashlib.sha256(content).hexdigest()}"


def _blob(package: LockedPackage) -> Descriptor:
    title = f"{package.name}_{package.version}_{package.architecture}.deb"
    return Descriptor(_DEB, f"sha256:{package.sha256}", package.size, ((TITLE, title),))
