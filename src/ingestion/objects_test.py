from __future__ import annotations

import io
from typing import Any, ClassVar

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, IncompleteReadError

from ingestion import aws, objects
from ingestion_testing.fixtures import DATA, LANDING

CONTENT = bytes(range(256)) * 40


@pytest.fixture
def source(s3: Any) -> objects.ObjectInfo:
    s3.put_object(Bucket=LANDING, Key="a", Body=CONTENT)
    found = objects.info(LANDING, "a")
    assert found
    return found


def test_absent_is_none(s3: Any) -> None:
    assert objects.info(DATA, "absent") is None
    assert objects.read(DATA, "absent") is None


def test_a_fault_is_not_taken_for_absence(s3: Any) -> None:
    with pytest.raises(ClientError):
        objects.read("no-such-bucket-of-ours", "a")


@pytest.mark.parametrize("size", [1, 1000, len(CONTENT), 10 * len(CONTENT)])
def test_a_stream_gives_the_very_bytes(source: objects.ObjectInfo, size: int) -> None:
    with objects.ObjectStream(source) as stream:
        assert b"".join(iter(lambda: stream.read(size) or b"", b"")) == CONTENT


def test_an_empty_object_streams_nothing(s3: Any) -> None:
    s3.put_object(Bucket=LANDING, Key="empty", Body=b"")
    found = objects.info(LANDING, "empty")
    assert found
    with objects.ObjectStream(found) as stream:
        assert stream.read() == b""


def test_one_request_brings_it_all(
    source: objects.ObjectInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def noting(parameters: dict[str, Any], body: Any) -> Any:
        asked.append(parameters["Range"])
        return body

    _spy(monkeypatch, noting)
    with objects.ObjectStream(source) as stream:
        while stream.read(100):
            pass
    assert asked == ["bytes=0-"]


class Breaking:
    """A body that breaks off, in each way that there is, after a thousand bytes."""

    ends: ClassVar[list[Any]] = [
        IncompleteReadError(actual_bytes=1, expected_bytes=2),
        ConnectionClosedError(endpoint_url="s3"),
        ConnectionResetError(),
        None,
    ]

    def __init__(self, body: Any, number: int) -> None:
        self._body = body
        self._end = self.ends[number % len(self.ends)]
        self._left = 1000

    def read(self, size: int) -> bytes:
        if self._left == 0 and self._end:
            raise self._end
        part: bytes = self._body.read(min(size, self._left))
        self._left -= len(part)
        return part

    def close(self) -> None:
        pass


def test_a_broken_connection_is_made_again_from_where_it_broke(
    source: objects.ObjectInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def breaking(parameters: dict[str, Any], body: Any) -> Any:
        asked.append(parameters["Range"])
        return Breaking(body, len(asked))

    _spy(monkeypatch, breaking)
    with io.BufferedReader(objects.ObjectStream(source)) as stream:
        assert stream.read() == CONTENT
    assert asked == [f"bytes={start}-" for start in range(0, len(CONTENT), 1000)]


def test_a_connection_that_stays_broken_names_the_object(
    source: objects.ObjectInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(parameters: dict[str, Any], body: Any) -> Any:
        raise OSError("reset")

    _spy(monkeypatch, fail)
    with (
        objects.ObjectStream(source) as stream,
        pytest.raises(OSError, match="s3://landing-bucket/a: the bytes from 0 on did not arrive"),
    ):
        stream.read(1)


def test_an_object_replaced_while_it_is_read_is_an_error(
    s3: Any, source: objects.ObjectInfo
) -> None:
    with objects.ObjectStream(source) as stream:
        s3.put_object(Bucket=LANDING, Key="a", Body=CONTENT[::-1])
        with pytest.raises(ClientError, match="Precondition"):
            stream.read(1)


def test_a_copy_is_encrypted_and_of_the_object_looked_at(
    s3: Any, source: objects.ObjectInfo
) -> None:
    objects.copy(source, DATA, "b")
    assert objects.read(DATA, "b") == (CONTENT, source.etag)
    assert s3.head_object(Bucket=DATA, Key="b")["ServerSideEncryption"] == "AES256"


def test_an_object_replaced_before_it_is_copied_is_refused_by_s3(
    source: objects.ObjectInfo,
) -> None:
    asked: list[str] = []

    def note(params: dict[str, Any], **_: Any) -> None:
        asked.append(params["headers"]["x-amz-copy-source-if-match"])

    # moto does not look at the condition.
    emitter = aws.client("s3").meta.events
    emitter.register("before-call.s3.CopyObject", note)
    try:
        objects.copy(source, DATA, "b")
    finally:
        emitter.unregister("before-call.s3.CopyObject", note)
    assert asked == [source.etag]


def test_a_new_object_is_never_written_over(s3: Any) -> None:
    objects.write_new(DATA, "a", b"one", "text/plain")
    with pytest.raises(objects.Changed):
        objects.write_new(DATA, "a", b"two", "text/plain")
    found = objects.read(DATA, "a")
    assert found
    assert found[0] == b"one"
    objects.overwrite(DATA, "a", b"two", "text/plain", found[1])
    with pytest.raises(objects.Changed):
        objects.overwrite(DATA, "a", b"three", "text/plain", found[1])


def test_listing(s3: Any) -> None:
    for key in ("p/v1.0/m", "p/v1.1/m", "p/x", "pq/v1.0/m"):
        objects.write(DATA, key, b"", "text/plain")
    assert list(objects.keys(DATA, "p/")) == ["p/v1.0/m", "p/v1.1/m", "p/x"]
    assert list(objects.keys(DATA, "p/", after="p/v1.0/m")) == ["p/v1.1/m", "p/x"]
    assert list(objects.children(DATA, "p/")) == ["v1.0/", "v1.1/", "x"]
    assert objects.first_key(DATA, "p/") == "p/v1.0/m"
    assert objects.first_key(DATA, "q/") is None


def test_deleting_twice_is_no_error(s3: Any) -> None:
    objects.write(DATA, "a", b"", "text/plain")
    objects.delete(DATA, "a")
    objects.delete(DATA, "a")
    assert objects.info(DATA, "a") is None


def _spy(monkeypatch: pytest.MonkeyPatch, see: Any) -> None:
    client = aws.client("s3")
    get_object = client.get_object

    def spied(**parameters: Any) -> Any:
        answer = get_object(**parameters)
        return {**answer, "Body": see(parameters, answer["Body"])}

    monkeypatch.setattr(client, "get_object", spied)


def test_many_objects_are_deleted_some_at_a_time(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "_DELETED_A_REQUEST", 3)
    keys = [f"a/{number}" for number in range(7)]
    for key in keys:
        s3.put_object(Bucket=DATA, Key=key, Body=b"")
    assert list(objects.delete_all(DATA, iter(keys))) == [3, 3, 1]
    assert objects.first_key(DATA, "a/") is None


def test_what_s3_did_not_delete_is_an_error(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = {"Errors": [{"Key": "a", "Code": "AccessDenied"}]}
    monkeypatch.setattr(s3, "delete_objects", lambda **_: failed)
    with pytest.raises(OSError, match="s3://data-bucket/a was not deleted: AccessDenied"):
        list(objects.delete_all(DATA, ["a"]))


def test_a_file_is_read_here_and_there(source: objects.ObjectInfo) -> None:
    with objects.ObjectFile(source) as file:
        assert file.seek(-10, io.SEEK_END) == len(CONTENT) - 10
        assert file.read(20) == CONTENT[-10:]
        assert file.read(1) == b""
        file.seek(5)
        file.seek(5, io.SEEK_CUR)
        assert file.read(10) == CONTENT[10:20]
        assert file.tell() == 20


PART = 8 * 1024 * 1024


@pytest.mark.parametrize("size", [0, 10, PART, 2 * PART + 10])
def test_a_writer_writes_an_object_of_any_size(s3: Any, size: int) -> None:
    content = (b"0123456789" * (size // 10 + 1))[:size]
    with objects.ObjectWriter(DATA, "big", {"made-of": "x"}) as writer:
        for start in range(0, size, 3_000_000):
            writer.write(content[start : start + 3_000_000])
        assert objects.info(DATA, "big") is None
    found = objects.info(DATA, "big")
    assert found
    assert (found.size, found.metadata) == (size, {"made-of": "x"})
    stored = objects.read(DATA, "big")
    assert stored
    assert stored[0] == content
    assert s3.head_object(Bucket=DATA, Key="big")["ServerSideEncryption"] == "AES256"


@pytest.mark.parametrize("size", [10, 2 * PART])
def test_a_writer_that_fails_leaves_what_was_there(s3: Any, size: int) -> None:
    objects.write(DATA, "big", b"before", "text/plain")

    def write_and_fail() -> None:
        with objects.ObjectWriter(DATA, "big", {}) as writer:
            writer.write(b"x" * size)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_and_fail()
    found = objects.read(DATA, "big")
    assert found
    assert found[0] == b"before"
    assert not s3.list_multipart_uploads(Bucket=DATA).get("Uploads")
