"""What keeps documents, a folder or a registry, keeps one contract, and has faults of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from plinth.affected.remote import Remote
from plinth.affected.store import Store, key
from plinth.affected.testing.samples import document
from plinth.fingerprint.document import Document
from plinth.oci.errors import OciError
from plinth.oci.format.descriptor import MANIFEST
from plinth.oci.format.reference import Repository
from plinth.oci.registry.client import Registry
from plinth.oci.testing.fake_registry import Answer, FakeRegistry, Request
from plinth.oci.testing.registry_proxy import RegistryProxy, running_registry

TREE, STAMP = "1" * 40, "none"


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[FakeRegistry]:
    """A real one, behind a proxy that can lie."""
    with running_registry(tmp_path) as upstream, RegistryProxy(upstream) as server:
        yield server


@pytest.fixture
def remote(registry: FakeRegistry) -> Remote:
    return Remote(Repository(registry.host, "plinth/documents"))


@pytest.fixture(params=["folder", "registry"])
def kept(request: Any, tmp_path: Path) -> Store | Remote:
    if request.param == "folder":
        return Store(tmp_path / "documents")
    remote: Remote = request.getfixturevalue("remote")
    return remote


def test_a_document_is_had_back_by_its_tree_and_options_alone(kept: Store | Remote) -> None:
    assert kept.get(TREE, STAMP) is None
    kept.put(TREE, STAMP, document())
    found = kept.get(TREE, STAMP)
    assert found is not None
    assert found.entries == document().entries
    assert kept.get("2" * 40, STAMP) is None
    assert kept.get(TREE, "other options") is None


def test_the_first_document_of_a_tree_stays(kept: Store | Remote) -> None:
    kept.put(TREE, STAMP, document())
    kept.put(TREE, STAMP, Document({}))
    found = kept.get(TREE, STAMP)
    assert found is not None
    assert found.entries


def test_what_was_done_with_a_document_is_said(remote: Remote) -> None:
    assert "put" in remote.put(TREE, STAMP, document())
    assert "there already" in remote.put(TREE, STAMP, document())


def test_one_under_the_tag_of_another_tree_is_refused(
    remote: Remote, registry: FakeRegistry
) -> None:
    remote.put(TREE, STAMP, document())
    client, path = Registry(registry.host), remote.repository.path
    (tag,) = client.tags(path)
    other = f"tree-{key('2' * 40, STAMP)}"
    client.put_manifest(path, other, MANIFEST, client.manifest(path, tag).content)
    with pytest.raises(OciError, match="another tree"):
        remote.get("2" * 40, STAMP)


def test_bytes_that_are_not_those_of_the_digest_are_refused(
    remote: Remote, registry: FakeRegistry
) -> None:
    remote.put(TREE, STAMP, document())

    def lie(request: Request) -> Answer | None:
        if "/blobs/" in request.path and request.method == "GET":
            return Answer(200, body=b"other bytes")
        return None

    registry.intercept = lie
    with pytest.raises(OciError):
        remote.get(TREE, STAMP)


def test_a_registry_that_is_not_there_is_an_error() -> None:
    remote = Remote(Repository("127.0.0.1:1", "plinth/documents"))
    with pytest.raises(OciError):
        remote.get(TREE, STAMP)


def test_one_that_was_cut_or_edited_is_as_if_it_were_not_there(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for end in (b"", b"x" * 9):
        store.put(TREE, STAMP, document())
        (path,) = tmp_path.glob("*.document")
        path.write_bytes(path.read_bytes()[:-9] + end)
        assert store.get(TREE, STAMP) is None
    store.put(TREE, STAMP, document())
    assert store.get(TREE, STAMP) is not None


def test_a_folder_that_cannot_be_written_costs_only_the_keeping(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = Store(tmp_path / "file/documents")
    store.put(TREE, STAMP, document())
    assert store.get(TREE, STAMP) is None
