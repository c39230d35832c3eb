"""Documents in a registry, for clones that have not seen the state that they compare with.

Each is an OCI artefact of one layer, under a tag of its tree and options. CI puts that of each
merged commit there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from plinth.affected.store import key
from plinth.fingerprint.document import Document
from plinth.fingerprint.wire import FORMAT, NotADocument, dump, load
from plinth.oci.errors import OciError
from plinth.oci.format.artefact import CONFIG, NO_CONFIG, artefact_manifest
from plinth.oci.format.descriptor import MANIFEST, Descriptor, read_json
from plinth.oci.format.layout import manifest_parts
from plinth.oci.format.reference import Repository
from plinth.oci.registry.client import Registry
from plinth.oci.registry.transport import Retries, Transport

DOCUMENT_TYPE = f"application/vnd.plinth.affected.document.v{FORMAT}"
_TREE, _STAMP = "plinth.affected.tree", "plinth.affected.options"
_MOST = 256 << 20
"""Larger layers, in bytes, are no documents."""


def impatient(host: str) -> Registry:
    """A client for what can be done without: it waits 5 s for a registry, and tries twice."""
    return Registry(host, Transport(timeout=5, limit=60, retries=Retries(attempts=2)))


@dataclass(frozen=True)
class Remote:
    """A repository of documents. Methods raise `OciError`, with what the registry said."""

    repository: Repository
    connect: Callable[[str], Registry] = impatient

    def get(self, tree: str, stamp: str) -> Document | None:
        """The document of a tree, made with the options that `stamp` stands for.

        Believed only if it says so itself, and if its bytes have the digests that are stated.
        """
        registry, path = self.connect(self.repository.host), self.repository.path
        found = registry.find_manifest(path, _tag(tree, stamp))
        if found is None:
            return None
        what = f"{self.repository}:{_tag(tree, stamp)}"
        manifest = read_json(found.content, what)
        stated = manifest.get("annotations") or {}
        if (stated.get(_TREE), stated.get(_STAMP)) != (tree, stamp):
            raise OciError(f"{what} is the document of another tree, or of other options")
        _, layers = manifest_parts(manifest, what)
        if len(layers) != 1 or layers[0].media_type != DOCUMENT_TYPE or layers[0].size > _MOST:
            raise OciError(f"{what} is no document of a tree")
        try:
            return load(registry.read_blob(path, layers[0]))
        except NotADocument as error:
            raise OciError(f"{what}: {error}") from None

    def put(self, tree: str, stamp: str, document: Document) -> str:
        """Store a document, unless there is one; what was done, in a sentence."""
        tag = _tag(tree, stamp)
        registry, path = self.connect(self.repository.host), self.repository.path
        if registry.find_manifest(path, tag) is not None:
            return f"{self.repository}:{tag} is there already"
        content = dump(document)
        layer = Descriptor.of(DOCUMENT_TYPE, content)
        manifest = artefact_manifest(DOCUMENT_TYPE, [layer], {_STAMP: stamp, _TREE: tree})
        for descriptor, blob in ((CONFIG, NO_CONFIG), (layer, content)):
            if not registry.has_blob(path, descriptor):
                registry.upload_blob(path, descriptor, blob)
        registry.put_manifest(path, tag, MANIFEST, manifest)
        return f"{self.repository}:{tag} put, {len(content)} bytes"


def _tag(tree: str, stamp: str) -> str:
    return f"tree-{key(tree, stamp)}"
