"""Hands out an upload: `POST /data-product/{product}/table/{table}/upload`.

The body is `{"contentMd5": <base64 of the file's MD5>, "contentLength": <bytes>}`. The answer, 200,
is `{"url", "fields", "key", "upload", "expiresIn"}`: a presigned POST that S3 takes for five
minutes, for exactly this content, at exactly this key in the landing zone, encrypted. The form's
`file` field comes last. What became of the file is answered by `GET …/upload/{upload}`.

Errors: 400 a name or the body is not valid, 404 no such product or no schema for the table, 405.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ingestion import aws, names, objects, observability, settings, store
from ingestion.api import Request, api
from ingestion.errors import NotFound
from ingestion.operations import PRESIGNED_URL, Upload, UploadRequest

EXPIRES_SECONDS = 300


@api(PRESIGNED_URL)
def handler(request: Request, product: str, table: str) -> Upload:
    """A presigned POST to the landing zone."""
    upload = request.parsed(UploadRequest)
    metadata = store.load_latest(product)
    if table not in metadata.schemas:
        raise NotFound(f"table {table} has no schema in {product} {metadata.version}")
    file = names.DataFile.new(product, metadata.parsed_version.major, table, datetime.now(UTC))
    post = _presigned(file, upload)
    observability.count("UploadsPresigned")
    return Upload(
        url=post["url"],
        fields=post["fields"],
        key=file.key,
        upload=names.upload_id(file),
        expires_in=EXPIRES_SECONDS,
    )


def _presigned(file: names.DataFile, upload: UploadRequest) -> dict[str, Any]:
    fields = {
        "Content-MD5": upload.content_md5,
        "x-amz-server-side-encryption": objects.ENCRYPTION,
    }
    post: dict[str, Any] = aws.client("s3").generate_presigned_post(
        Bucket=settings.landing_bucket(),
        Key=file.key,
        Fields=fields,
        Conditions=[
            *({name: value} for name, value in fields.items()),
            ["starts-with", "$key", file.prefix],
            ["content-length-range", upload.content_length, upload.content_length],
        ],
        ExpiresIn=EXPIRES_SECONDS,
    )
    return post
