from __future__ import annotations

import io
from typing import Any

import pytest
from botocore.exceptions import ClientError, IncompleteReadError

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


@pytest.mark.parametrize("part_bytes", [1000, 4096, len(CONTENT), 10 * len(CONTENT)])
def test_a_stream_gives_the_very_bytes(source: objects.ObjectInfo, part_bytes: int) -> None:
    with io.BufferedReader(objects.ObjectStream(source, part_bytes)) as stream:
        assert stream.read() == CONTENT


def test_an_empty_object_streams_nothing(s3: Any) -> None:
    s3.put_object(Bucket=LANDING, Key="empty", Body=b"")
    found = objects.info(LANDING, "empty")
    assert found
    with objects.ObjectStream(found) as stream:
        assert stream.read() == b""


def test_a_stream_asks_for_at_most_one_part_ahead(
    source: objects.ObjectInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    _spy(monkeypatch, lambda parameters: asked.append(parameters["Range"]))
    with objects.ObjectStream(source, 1000) as stream:
        stream.read(10)
        stream.read(10)
    assert len(asked) <= 2


def test_a_broken_connection_costs_a_part_and_not_the_file(
    source: objects.ObjectInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = iter([IncompleteReadError(actual_bytes=1, expected_bytes=2), OSError("reset")])

    def fail_twice(parameters: dict[str, Any]) -> None:
        if parameters["Range"].startswith("bytes=1000-"):
            for failure in failures:
                raise failure

    _spy(monkeypatch, fail_twice)
    with io.BufferedReader(objects.ObjectStream(source, 1000)) as stream:
        assert stream.read() == CONTENT


def test_a_connection_that_stays_broken_names_the_object(
    source: objects.ObjectInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(parameters: dict[str, Any]) -> None:
        raise OSError("reset")

    _spy(monkeypatch, fail)
    with (
        objects.ObjectStream(source) as stream,
        pytest.raises(OSError, match="s3://landing-bucket/a: bytes 0 to 10240 did not arrive"),
    ):
        stream.read(1)


def test_an_object_replaced_while_it_is_read_is_an_error(
    s3: Any, source: objects.ObjectInfo
) -> None:
    with io.BufferedReader(objects.ObjectStream(source, 1000)) as stream:
        stream.read(1)
        s3.put_object(Bucket=LANDING, Key="a", Body=CONTENT[::-1])
        with pytest.raises(ClientError, match="PreconditionFailed"):
            stream.read()


def test_a_copy_is_encrypted_and_of_the_object_looked_at(
    s3: Any, source: objects.ObjectInfo
) -> None:
    objects.copy(source, DATA, "b")
    assert objects.read(DATA, "b") == (CONTENT, source.etag)
    assert s3.head_object(Bucket=DATA, Key="b")["ServerSideEncryption"] == "AES256"


def test_a_new_object_is_never_written_over(s3: Any) -> None:
    objects.write_new(DATA, "a", b"one", "text/plain")
    with pytest.raises(objects.AlreadyExists):
        objects.write_new(DATA, "a", b"two", "text/plain")
    found = objects.read(DATA, "a")
    assert found
    assert found[0] == b"one"
    objects.overwrite(DATA, "a", b"two", "text/plain", found[1])
    with pytest.raises(objects.AlreadyExists):
        objects.overwrite(DATA, "a", b"three", "text/plain", found[1])


def test_listing(s3: Any) -> None:
    for key in ("p/v1.0/m", "p/v1.1/m", "p/x", "pq/v1.0/m"):
        objects.write(DATA, key, b"", "text/plain")
    assert list(objects.keys(DATA, "p/")) == ["p/v1.0/m", "p/v1.1/m", "p/x"]
    assert list(objects.folders(DATA, "p/")) == ["v1.0", "v1.1"]


def test_deleting_twice_is_no_error(s3: Any) -> None:
    objects.write(DATA, "a", b"", "text/plain")
    objects.delete(DATA, "a")
    objects.delete(DATA, "a")
    assert objects.info(DATA, "a") is None


def _spy(monkeypatch: pytest.MonkeyPatch, see: Any) -> None:
    client = aws.client("s3")
    get_object = client.get_object

    def spied(**parameters: Any) -> Any:
        see(parameters)
        return get_object(**parameters)

    monkeypatch.setattr(client, "get_object", spied)
