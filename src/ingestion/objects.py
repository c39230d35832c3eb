"""S3 objects: read as a bounded stream, written encrypted, copied, deleted."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from botocore.exceptions import ClientError, HTTPClientError, IncompleteReadError

from ingestion import aws

ENCRYPTION = "AES256"
"""Server-side encryption asked for with every write."""

_ABSENT = frozenset({"404", "NoSuchKey", "NotFound"})
_CHANGED = frozenset({"PreconditionFailed", "ConditionalRequestConflict"})
# What S3 answers to `If-Match` where there is no object any more.
_GONE = _CHANGED | _ABSENT
_PART_BYTES = 8 * 1024 * 1024
_ATTEMPTS = 3
_DELETED_A_REQUEST = 1000


@dataclass(frozen=True)
class ObjectInfo:
    """What a HEAD request tells: size in bytes, ETag as S3 writes it (quoted), user metadata."""

    bucket: str
    key: str
    size: int
    etag: str
    last_modified: datetime
    metadata: Mapping[str, str]


class Changed(Exception):
    """A conditional write found another object than the one that was read, or than none."""


def info(bucket: str, key: str) -> ObjectInfo | None:
    """The object's size and ETag; None when there is no such object."""
    try:
        head = aws.client("s3").head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if aws.error_code(error) in _ABSENT:
            return None
        raise
    return ObjectInfo(
        bucket=bucket,
        key=key,
        size=int(head["ContentLength"]),
        etag=head["ETag"],
        last_modified=head["LastModified"],
        metadata=head["Metadata"],
    )


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


def write_new(bucket: str, key: str, body: bytes, content_type: str) -> str:
    """Writes the object, encrypted, unless the key is taken: then `Changed`. Its ETag."""
    return _put(bucket, key, body, content_type, IfNoneMatch="*")


def overwrite(bucket: str, key: str, body: bytes, content_type: str, etag: str) -> str:
    """Writes over the object that has this ETag, and gives the new one's.

    `Changed` when it is another object since, or none.
    """
    return _put(bucket, key, body, content_type, IfMatch=etag)


def _put(bucket: str, key: str, body: bytes, content_type: str, **condition: str) -> str:
    try:
        answer = aws.client("s3").put_object(
            Bucket=bucket,
            Key=key,
            Body=body,
            ContentType=content_type,
            ServerSideEncryption=ENCRYPTION,
            **condition,
        )
    except ClientError as error:
        if condition and aws.error_code(error) in _GONE:
            raise Changed(f"s3://{bucket}/{key}") from error
        raise
    return str(answer["ETag"])


def copy_as_it_is(bucket: str, source: str, key: str) -> None:
    """Copies an object that nobody changes within its bucket, encrypted."""
    aws.client("s3").copy_object(
        Bucket=bucket,
        Key=key,
        CopySource={"Bucket": bucket, "Key": source},
        ServerSideEncryption=ENCRYPTION,
    )


def copy(
    source: ObjectInfo, bucket: str, key: str, metadata: Mapping[str, str] | None = None
) -> None:
    """Copies exactly the object that was looked at, up to S3's 5 GiB for one copy, encrypted.

    With metadata it has that, and none of the source's.
    """
    replaced: dict[str, Any] = {"MetadataDirective": "REPLACE", "Metadata": metadata}
    aws.client("s3").copy_object(
        **({} if metadata is None else replaced),
        Bucket=bucket,
        Key=key,
        CopySource={"Bucket": source.bucket, "Key": source.key},
        CopySourceIfMatch=source.etag,
        ServerSideEncryption=ENCRYPTION,
    )


def delete(bucket: str, key: str) -> None:
    """Deletes the object; deleting what is not there is no error."""
    aws.client("s3").delete_object(Bucket=bucket, Key=key)


def delete_unchanged(bucket: str, key: str, etag: str) -> None:
    """Deletes the object that has this ETag; `Changed` when it is another since, or none."""
    try:
        aws.client("s3").delete_object(Bucket=bucket, Key=key, IfMatch=etag)
    except ClientError as error:
        if aws.error_code(error) in _GONE:
            raise Changed(f"s3://{bucket}/{key}") from error
        raise


def delete_all(bucket: str, keys: Iterable[str]) -> Iterator[int]:
    """Deletes objects, a thousand a request; gives how many after each."""
    for some in _chunks(keys, _DELETED_A_REQUEST):
        answer = aws.client("s3").delete_objects(
            Bucket=bucket, Delete={"Objects": [{"Key": key} for key in some], "Quiet": True}
        )
        if errors := answer.get("Errors"):
            raise OSError(f"s3://{bucket}/{errors[0]['Key']} was not deleted: {errors[0]['Code']}")
        yield len(some)


def _chunks(keys: Iterable[str], size: int) -> Iterator[list[str]]:
    rest = iter(keys)
    while some := list(islice(rest, size)):
        yield some


def keys(bucket: str, prefix: str, after: str = "") -> Iterator[str]:
    """All keys under a prefix that come after one, in S3's order, asked for page by page."""
    for page in _pages(bucket, prefix, StartAfter=after):
        yield from (entry["Key"] for entry in page.get("Contents", ()))


def children(bucket: str, prefix: str) -> Iterator[str]:
    """The names directly under a prefix that ends with a slash; a folder's name ends with one."""
    for page in _pages(bucket, prefix, Delimiter="/"):
        for entry in page.get("CommonPrefixes", ()):
            yield entry["Prefix"].removeprefix(prefix)
        for entry in page.get("Contents", ()):
            yield entry["Key"].removeprefix(prefix)


def first_key(bucket: str, prefix: str) -> str | None:
    """The first key under a prefix; None when there is none."""
    page = aws.client("s3").list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1)
    contents = page.get("Contents", ())
    return str(contents[0]["Key"]) if contents else None


def _pages(bucket: str, prefix: str, **more: str) -> Iterator[dict[str, Any]]:
    paginator = aws.client("s3").get_paginator("list_objects_v2")
    yield from paginator.paginate(Bucket=bucket, Prefix=prefix, **more)


class ObjectStream(io.RawIOBase):
    """Reads an object from first to last byte with next to nothing of it in memory.

    A connection that breaks is made again from where it broke. All bytes must be of the object with
    the ETag that was looked at.
    """

    def __init__(self, source: ObjectInfo) -> None:
        super().__init__()
        self._source = source
        self._position = 0
        self._body: Any = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        wanted = min(len(buffer), self._source.size - self._position)
        if wanted == 0:
            return 0
        part = self._read(wanted)
        buffer[: len(part)] = part
        self._position += len(part)
        return len(part)

    def close(self) -> None:
        if self._body:
            self._body.close()
        super().close()

    def _read(self, size: int) -> bytes:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                self._body = self._body or get_range(self._source, self._position)
                if part := self._body.read(size):
                    return bytes(part)
                raise OSError("the connection ended before the object did")
            except (OSError, HTTPClientError, IncompleteReadError) as error:
                self._body = None
                if attempt == _ATTEMPTS:
                    raise OSError(
                        f"s3://{self._source.bucket}/{self._source.key}: the bytes from "
                        f"{self._position} on did not arrive in {_ATTEMPTS} attempts"
                    ) from error
        raise AssertionError("unreachable")


class ObjectFile(io.RawIOBase):
    """Reads an object here and there, each read a request: for formats with an index."""

    def __init__(self, source: ObjectInfo) -> None:
        super().__init__()
        self._source = source
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._source.size}
        self._position = start[whence] + offset
        return self._position

    def readinto(self, buffer: Any) -> int:
        end = min(self._position + len(buffer), self._source.size)
        if end <= self._position:
            return 0
        part = get_range(self._source, self._position, end).read()
        buffer[: len(part)] = part
        self._position += len(part)
        return len(part)


def get_range(source: ObjectInfo, start: int, end: int | None = None) -> Any:
    """The body of an object from one byte to before another, or to its end."""
    answer = aws.client("s3").get_object(
        Bucket=source.bucket,
        Key=source.key,
        Range=f"bytes={start}-{'' if end is None else end - 1}",
        IfMatch=source.etag,
    )
    return answer["Body"]


class ObjectWriter(io.RawIOBase):
    """Writes an object of any size in parts of 8 MiB. It appears whole when all went well, or not.

    Use it in a `with` statement: an exception inside leaves what was there before.
    """

    def __init__(self, bucket: str, key: str, metadata: Mapping[str, str]) -> None:
        super().__init__()
        self._target = {"Bucket": bucket, "Key": key}
        self._settings = {"Metadata": dict(metadata), "ServerSideEncryption": ENCRYPTION}
        self._buffer = bytearray()
        self._upload: dict[str, str] = {}
        self._parts: list[dict[str, Any]] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._buffer += data
        if len(self._buffer) >= _PART_BYTES:
            self._send_part()
        return len(data)

    def __exit__(self, kind: type[BaseException] | None, *_: Any) -> None:
        if kind is None:
            self._finish()
        elif self._upload:
            aws.client("s3").abort_multipart_upload(**self._upload)
        self.close()

    def _finish(self) -> None:
        s3 = aws.client("s3")
        if not self._upload:
            s3.put_object(**self._target, **self._settings, Body=bytes(self._buffer))
            return
        if self._buffer:
            self._send_part()
        s3.complete_multipart_upload(**self._upload, MultipartUpload={"Parts": self._parts})

    def _send_part(self) -> None:
        s3 = aws.client("s3")
        if not self._upload:
            started = s3.create_multipart_upload(**self._target, **self._settings)
            self._upload = {**self._target, "UploadId": started["UploadId"]}
        number = len(self._parts) + 1
        sent = s3.upload_part(**self._upload, PartNumber=number, Body=bytes(self._buffer))
        self._parts.append({"PartNumber": number, "ETag": sent["ETag"]})
        self._buffer.clear()
