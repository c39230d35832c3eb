"""S3 objects: read as a bounded stream, written encrypted, copied, deleted."""

from __future__ import annotations

import io
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError, HTTPClientError, IncompleteReadError

from ingestion import aws

ENCRYPTION = "AES256"
"""Server-side encryption asked for with every write."""

_ABSENT = frozenset({"404", "NoSuchKey", "NotFound"})
_CHANGED = frozenset({"PreconditionFailed", "ConditionalRequestConflict"})
_PART_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True)
class ObjectInfo:
    """What a HEAD request tells of an object: size in bytes, ETag as S3 writes it (quoted)."""

    bucket: str
    key: str
    size: int
    etag: str


class AlreadyExists(Exception):
    """A conditional write found the object there, or changed since it was read."""


def info(bucket: str, key: str) -> ObjectInfo | None:
    """The object's size and ETag; None when there is no such object."""
    try:
        head = aws.client("s3").head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if aws.error_code(error) in _ABSENT:
            return None
        raise
    return ObjectInfo(bucket, key, int(head["ContentLength"]), head["ETag"])


def read(bucket: str, key: str) -> tuple[bytes, str] | None:
    """A small object's bytes and ETag; None when there is no such object."""
    try:
        answer = aws.client("s3").get_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if aws.error_code(error) in _ABSENT:
            return None
        raise
    return answer["Body"].read(), answer["ETag"]


def write(bucket: str, key: str, body: bytes, content_type: str) -> None:
    """Writes the object, encrypted, over whatever is there."""
    _put(bucket, key, body, content_type)


def write_new(bucket: str, key: str, body: bytes, content_type: str) -> None:
    """Writes the object, encrypted, unless the key is taken: then `AlreadyExists`."""
    _put(bucket, key, body, content_type, IfNoneMatch="*")


def overwrite(bucket: str, key: str, body: bytes, content_type: str, etag: str) -> None:
    """Writes over the object that has this ETag; `AlreadyExists` when it was changed since."""
    _put(bucket, key, body, content_type, IfMatch=etag)


def _put(bucket: str, key: str, body: bytes, content_type: str, **condition: str) -> None:
    try:
        aws.client("s3").put_object(
            Bucket=bucket,
            Key=key,
            Body=body,
            ContentType=content_type,
            ServerSideEncryption=ENCRYPTION,
            **condition,
        )
    except ClientError as error:
        if condition and aws.error_code(error) in _CHANGED:
            raise AlreadyExists(f"s3://{bucket}/{key}") from error
        raise


def copy(source: ObjectInfo, bucket: str, key: str) -> None:
    """Copies exactly the object that was looked at, up to S3's 5 GiB for one copy, encrypted."""
    aws.client("s3").copy_object(
        Bucket=bucket,
        Key=key,
        CopySource={"Bucket": source.bucket, "Key": source.key},
        CopySourceIfMatch=source.etag,
        ServerSideEncryption=ENCRYPTION,
    )


def delete(bucket: str, key: str) -> None:
    """Deletes the object; deleting what is not there is no error."""
    aws.client("s3").delete_object(Bucket=bucket, Key=key)


def keys(bucket: str, prefix: str) -> Iterator[str]:
    """All keys under a prefix, in S3's order, asked for page by page."""
    for page in _pages(bucket, prefix):
        yield from (entry["Key"] for entry in page.get("Contents", ()))


def folders(bucket: str, prefix: str) -> Iterator[str]:
    """The names of the folders directly under a prefix that ends with a slash."""
    for page in _pages(bucket, prefix, Delimiter="/"):
        for entry in page.get("CommonPrefixes", ()):
            yield entry["Prefix"].removeprefix(prefix).rstrip("/")


def _pages(bucket: str, prefix: str, **more: str) -> Iterator[dict[str, Any]]:
    paginator = aws.client("s3").get_paginator("list_objects_v2")
    yield from paginator.paginate(Bucket=bucket, Prefix=prefix, **more)


class ObjectStream(io.RawIOBase):
    """Reads an object from first to last byte with two parts of 8 MiB in memory, whatever its size.

    The next part is fetched while the current one is used. Each part is a request of its own, so
    that a dropped connection costs a part's retry and not the whole file; all must have the ETag
    that was looked at, so the bytes are of one object.
    """

    def __init__(self, source: ObjectInfo, part_bytes: int = _PART_BYTES) -> None:
        super().__init__()
        self._source = source
        self._part_bytes = part_bytes
        self._part = memoryview(b"")
        self._asked = 0
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="s3-part")
        self._next: Future[bytes] | None = self._ask()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        target = memoryview(buffer).cast("B")
        if not self._part and self._next:
            self._part = memoryview(self._next.result())
            self._next = self._ask()
        count = min(len(target), len(self._part))
        target[:count] = self._part[:count]
        self._part = self._part[count:]
        return count

    def close(self) -> None:
        if not self.closed:
            self._pool.shutdown(cancel_futures=True)
            self._part = memoryview(b"")
        super().close()

    def _ask(self) -> Future[bytes] | None:
        start = self._asked
        if start >= self._source.size:
            return None
        self._asked = min(start + self._part_bytes, self._source.size)
        return self._pool.submit(self._fetch, start, self._asked)

    def _fetch(self, start: int, end: int) -> bytes:
        for attempt in (1, 2, 3):
            try:
                answer = aws.client("s3").get_object(
                    Bucket=self._source.bucket,
                    Key=self._source.key,
                    Range=f"bytes={start}-{end - 1}",
                    IfMatch=self._source.etag,
                )
                return bytes(answer["Body"].read())
            except (OSError, HTTPClientError, IncompleteReadError) as error:
                if attempt == 3:
                    raise OSError(
                        f"s3://{self._source.bucket}/{self._source.key}: bytes {start} to {end} "
                        "did not arrive in 3 attempts"
                    ) from error
        raise AssertionError("unreachable")
