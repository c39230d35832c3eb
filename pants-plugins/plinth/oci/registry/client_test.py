from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Callable

import pytest

from plinth.oci.format.descriptor import CONFIG, LAYER_GZIP, MANIFEST, Descriptor, digest_of
from plinth.oci.registry.client import Registry
from plinth.oci.registry.transport import RegistryError, Traffic, Transport
from plinth.oci.testing.fake_registry import CUT, Answer, FakeRegistry, Request, error, no_wait

LAYER = b"layer" * 1000
BLOB = Descriptor.of(LAYER_GZIP, LAYER)
CONFIGURATION = Descriptor.of(CONFIG, b"{}")
DOCUMENT = json.dumps({"config": CONFIGURATION.to_json(), "layers": [BLOB.to_json()]}).encode()
DIGEST = digest_of(DOCUMENT)


@pytest.fixture
def server() -> Iterator[FakeRegistry]:
    with FakeRegistry() as server:
        yield server


@pytest.fixture
def registry(server: FakeRegistry) -> Registry:
    return client(server)


def client(server: FakeRegistry) -> Registry:
    return Registry(server.host, Transport(retries=no_wait()), lambda _: None)


def push(registry: Registry, path: str = "a/b") -> None:
    registry.upload_blob(path, BLOB, LAYER)
    registry.upload_blob(path, CONFIGURATION, b"{}")
    registry.put_manifest(path, DIGEST, MANIFEST, DOCUMENT)
    registry.put_manifest(path, "v1", MANIFEST, DOCUMENT)


def test_what_is_pushed_is_there(registry: Registry, tmp_path: Path) -> None:
    assert registry.manifest_digest("a/b", "v1") is None
    assert not registry.has_blob("a/b", BLOB)
    push(registry)
    assert registry.has_blob("a/b", BLOB)
    assert registry.manifest_digest("a/b", "v1") == DIGEST
    assert registry.manifest_digest("a/b", DIGEST) == DIGEST
    manifest = registry.manifest("a/b", "v1")
    assert (manifest.descriptor, manifest.content) == (Descriptor.of(MANIFEST, DOCUMENT), DOCUMENT)
    assert registry.read_blob("a/b", BLOB) == LAYER
    registry.download_blob("a/b", BLOB, tmp_path / "blob")
    assert (tmp_path / "blob").read_bytes() == LAYER


def test_a_blob_from_a_file(registry: Registry, server: FakeRegistry, tmp_path: Path) -> None:
    (tmp_path / "blob").write_bytes(LAYER)
    registry.upload_blob("a", BLOB, tmp_path / "blob")
    assert server.blobs == {("a", BLOB.digest): LAYER}


def test_an_upload_is_two_requests_on_one_connection(
    registry: Registry, server: FakeRegistry
) -> None:
    registry.upload_blob("a", BLOB, LAYER)
    assert [request.method for request in server.requests] == ["POST", "PUT"]
    assert server.connections == 1


def test_an_upload_goes_where_the_registry_says(registry: Registry, server: FakeRegistry) -> None:
    with FakeRegistry() as other:

        def elsewhere(request: Request) -> Answer | None:
            location = f"http://{other.host}/v2/a/blobs/uploads/1"
            return Answer(202, {"Location": location}) if request.method == "POST" else None

        server.intercept = elsewhere
        registry.upload_blob("a", BLOB, LAYER)
        assert other.blobs == {("a", BLOB.digest): LAYER}


def test_a_mount_moves_no_bytes(registry: Registry, server: FakeRegistry) -> None:
    registry.upload_blob("base", BLOB, LAYER)
    del server.requests[:]
    assert registry.mount_blob("function", BLOB.digest, "base")
    assert registry.has_blob("function", BLOB)
    assert [len(request.body) for request in server.requests] == [0, 0]


@pytest.mark.parametrize("answer", [None, Answer(403), Answer(405)])
def test_a_mount_that_is_not_done_is_no_failure(
    registry: Registry, server: FakeRegistry, answer: Answer | None
) -> None:
    server.intercept = lambda _: answer
    assert not registry.mount_blob("function", BLOB.digest, "base")


def cut_before(server: FakeRegistry, request: Request) -> Answer:
    return CUT


def cut_after(server: FakeRegistry, request: Request) -> Answer:
    server.answer(request)
    return CUT


def busy(server: FakeRegistry, request: Request) -> Answer:
    return Answer(503)


def busy_after(server: FakeRegistry, request: Request) -> Answer:
    server.answer(request)
    return Answer(500)


PUSH_REQUESTS = 6


@pytest.mark.parametrize("failure", [cut_before, cut_after, busy, busy_after])
@pytest.mark.parametrize("number", range(1, PUSH_REQUESTS + 1))
def test_a_push_survives_a_failure_at_any_request(
    server: FakeRegistry, failure: Callable[[FakeRegistry, Request], Answer], number: int
) -> None:
    with FakeRegistry() as calm:
        push(client(calm))
        assert len(calm.requests) == PUSH_REQUESTS
    server.intercept = lambda request: (
        failure(server, request) if len(server.requests) == number else None
    )
    push(client(server))
    assert server.blobs == calm.blobs
    assert server.manifests == calm.manifests


def test_an_upload_that_the_registry_forgot_is_started_again(
    registry: Registry, server: FakeRegistry
) -> None:
    server.intercept = lambda _: (
        error(404, "BLOB_UPLOAD_UNKNOWN") if len(server.requests) == 2 else None
    )
    registry.upload_blob("a", BLOB, LAYER)
    assert server.blobs == {("a", BLOB.digest): LAYER}


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, {}, LAYER[:-1] + b"!"),
        Answer(200, {}, LAYER + b"!"),
        Answer(200, {}, LAYER[:-1]),
        Answer(200, {"Content-Length": str(len(LAYER))}, LAYER[:-1]),
    ],
    ids=["other", "longer", "shorter", "cut"],
)
def test_a_blob_of_other_bytes_is_never_returned(
    registry: Registry, server: FakeRegistry, answer: Answer, tmp_path: Path
) -> None:
    server.intercept = lambda _: answer
    with pytest.raises(RegistryError):
        registry.read_blob("a", BLOB)
    with pytest.raises(RegistryError):
        registry.download_blob("a", BLOB, tmp_path / "blob")
    with pytest.raises(RegistryError):
        registry.check_blob("a", BLOB)


@pytest.mark.parametrize("headers", [{}, {"Content-Length": str(len(LAYER))}])
def test_a_download_that_was_cut_is_begun_again(
    registry: Registry, server: FakeRegistry, tmp_path: Path, headers: dict[str, str]
) -> None:
    server.blobs["a", BLOB.digest] = LAYER
    cut = Answer(200, headers, LAYER[:100])
    server.intercept = lambda _: cut if len(server.requests) == 1 else None
    registry.download_blob("a", BLOB, tmp_path / "blob")
    assert (tmp_path / "blob").read_bytes() == LAYER


def test_an_answer_without_end_is_not_read_to_its_end(server: FakeRegistry) -> None:
    server.intercept = lambda _: Answer(200, {}, bytes(10_000_000))
    traffic = Traffic()
    registry = Registry(server.host, Transport(record=traffic.record), lambda _: None)
    with pytest.raises(RegistryError, match=f"longer than {BLOB.size} bytes"):
        registry.read_blob("a", BLOB)
    assert traffic.received < 1_000_000


def test_an_upload_that_arrived_all_the_same_is_not_sent_again(
    registry: Registry, server: FakeRegistry
) -> None:
    server.intercept = lambda request: (
        cut_after(server, request) if len(server.requests) == 2 else None
    )
    registry.upload_blob("a", BLOB, LAYER)
    assert [request.method for request in server.requests] == ["POST", "PUT", "HEAD"]


def test_a_manifest_of_other_bytes_is_an_error(registry: Registry, server: FakeRegistry) -> None:
    server.intercept = lambda _: Answer(200, {}, DOCUMENT)
    with pytest.raises(RegistryError, match=f"digest {DIGEST}, not {BLOB.digest}"):
        registry.manifest("a", BLOB.digest)


def test_a_tag_whose_digest_is_a_lie_is_an_error(registry: Registry, server: FakeRegistry) -> None:
    server.intercept = lambda _: Answer(200, {"Docker-Content-Digest": BLOB.digest}, DOCUMENT)
    with pytest.raises(RegistryError, match=f"digest {DIGEST}, not {BLOB.digest}"):
        registry.manifest("a", "v1")
    with pytest.raises(RegistryError, match="another manifest"):
        registry.manifest_digest("a", DIGEST)


def test_a_registry_that_stores_something_else_is_an_error(
    registry: Registry, server: FakeRegistry
) -> None:
    server.intercept = lambda request: (
        Answer(201, {"Docker-Content-Digest": DIGEST}) if request.method == "PUT" else None
    )
    with pytest.raises(RegistryError, match=f"stored {DIGEST}, not {BLOB.digest}"):
        registry.upload_blob("a", BLOB, LAYER)
    with pytest.raises(RegistryError, match=f"stored {DIGEST}, not {digest_of(LAYER)}"):
        registry.put_manifest("a", "v1", MANIFEST, LAYER)


def test_a_head_without_a_digest_reads_the_manifest(
    registry: Registry, server: FakeRegistry
) -> None:
    server.intercept = lambda request: Answer(200, {}, DOCUMENT)
    assert registry.manifest_digest("a", "v1") == DIGEST
    assert [request.method for request in server.requests] == ["HEAD", "GET"]


def test_a_refusal_says_what_the_registry_said(registry: Registry) -> None:
    with pytest.raises(
        RegistryError, match="PUT .*/v2/a/manifests/v1.* 400: MANIFEST_BLOB_UNKNOWN"
    ):
        registry.put_manifest("a", "v1", MANIFEST, DOCUMENT)


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"errors":1}', b'{"errors":[1]}'])
def test_a_refusal_without_words(registry: Registry, server: FakeRegistry, body: bytes) -> None:
    server.intercept = lambda _: Answer(400, {}, body)
    with pytest.raises(RegistryError, match="answered 400$"):
        registry.put_manifest("a", "v1", MANIFEST, DOCUMENT)


def test_redirects_have_an_end(registry: Registry, server: FakeRegistry) -> None:
    server.intercept = lambda _: Answer(307, {"Location": "/again"})
    with pytest.raises(RegistryError, match="redirected more than 5 times"):
        registry.read_blob("a", BLOB)


def test_a_redirect_to_plain_http_elsewhere_is_refused(
    registry: Registry, server: FakeRegistry
) -> None:
    server.intercept = lambda _: Answer(307, {"Location": "http://store.example/blob"})
    with pytest.raises(RegistryError, match="only https leaves this machine"):
        registry.read_blob("a", BLOB)


def test_the_tags_of_a_repository(registry: Registry, server: FakeRegistry) -> None:
    assert registry.tags("a/b") == ()
    push(registry)
    registry.put_manifest("a/b", "v1", MANIFEST, DOCUMENT)
    registry.put_manifest("a/b", "v2", MANIFEST, DOCUMENT)
    assert registry.tags("a/b") == ("v1", "v2")


def test_tags_come_in_pages(registry: Registry, server: FakeRegistry) -> None:
    more = {"Link": '</v2/a/tags/list?last=v1&n=1>; rel="next"'}
    server.intercept = lambda request: (
        Answer(200, {}, b'{"tags": ["v2"]}')
        if request.query
        else Answer(200, more, b'{"tags": ["v1"]}')
    )
    assert registry.tags("a") == ("v1", "v2")
    server.intercept = lambda _: Answer(200, {}, b'{"name": "a", "tags": null}')
    assert registry.tags("a") == ()


def test_a_manifest_that_may_be_absent(registry: Registry, server: FakeRegistry) -> None:
    assert registry.find_manifest("a/b", "v1") is None
    with pytest.raises(RegistryError, match="/a/b has no manifest v1"):
        registry.manifest("a/b", "v1")
