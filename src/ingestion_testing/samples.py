"""Products, schemas, files and AWS's events to test with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from ingestion import names, store
from ingestion.head import Claim, Head
from ingestion.names import Area, DataFile, Version
from ingestion.schemas import Column, ProductDetails, ProductMetadata, TableSchema

MOMENT = datetime(2024, 1, 31, 12, 30, tzinfo=UTC)
FILE_ID = "0b9ff0a5-4a2e-4d0a-9b64-0a3f8b1f9a11"


def details() -> dict[str, Any]:
    """What a producer writes of a small data product, in JSON's form."""
    described = metadata().model_dump(
        mode="json", by_alias=True, exclude_none=True, include=set(ProductDetails.model_fields)
    )
    return dict(described)


def metadata(
    name: str = "weather", version: str = "v1.0", schemas: tuple[str, ...] = ("daily",), **more: Any
) -> ProductMetadata:
    """A stored version of a small data product."""
    given: dict[str, Any] = {
        "name": name,
        "description": "Daily weather of one place",
        "domain": "climate",
        "data_product_owner": "owner@example.org",
        "data_product_owner_display_name": "The Owner",
        "email": "team@example.org",
        "status": "draft",
        "dpia_required": False,
    }
    return ProductMetadata(
        **{**given, **more},
        version=version,
        id=names.product_id(name, Version.parse(version)),
        creation_date=MOMENT,
        last_updated=MOMENT,
        s3_location=f"s3://data-bucket/curated/{name}/v{Version.parse(version).major}/",
        schemas=schemas,
    )


def schema(**types: str) -> TableSchema:
    """A table schema of these columns; by default a day and its highest temperature."""
    return TableSchema(
        table_description="One row a day",
        columns=tuple(
            Column(name=name, type=kind, description=f"the {name}")
            for name, kind in (types or {"day": "date", "highest": "decimal(4,1)"}).items()
        ),
    )


def register(product: ProductMetadata, schemas: Mapping[str, TableSchema] | None = None) -> None:
    """Stores a version of a product with a schema for each of its tables, as its current one."""
    known = schemas or {}
    found = store.read_head(product.name)
    before = found.head if found else Head(generation="first")
    written = {table: known.get(table, schema()) for table in product.schemas}
    store.write_documents(product, written, None)
    claim = Claim(version=product.version, change="", moment=MOMENT, until=MOMENT)
    claimed = before.model_copy(update={"claim": claim})
    store.write_head(product.name, claimed.committed(product), found)


def file(area: Area = Area.LANDING, **changes: str) -> DataFile:
    """A file of `v1` of a product's table."""
    it = DataFile(area, "weather", 1, "daily", names.load_timestamp(MOMENT), FILE_ID)
    return replace(it, **changes)  # type: ignore[arg-type]


def object_created(bucket: str, key: str) -> dict[str, Any]:
    """EventBridge's event of a new S3 object."""
    return {
        "version": "0",
        "id": "17793124-05d4-b198-2fde-7ededc63b103",
        "detail-type": "Object Created",
        "source": "aws.s3",
        "account": "123456789012",
        "time": "2024-01-31T12:30:00Z",
        "region": "eu-west-2",
        "resources": [f"arn:aws:s3:::{bucket}"],
        "detail": {
            "version": "0",
            "bucket": {"name": bucket},
            "object": {"key": key, "size": 5, "etag": "b1946ac92492d2347c6235b4d2611184"},
            "request-id": "N4N7GDK58NMKJ12R",
            "requester": "123456789012",
            "source-ip-address": "1.2.3.4",
            "reason": "PostObject",
        },
    }


def api_request(method: str, body: str | None = None, **path: str) -> dict[str, Any]:
    """API Gateway's event of a REST request to a proxy integration."""
    return {
        "resource": "/data-product/{product}",
        "path": "/data-product",
        "httpMethod": method,
        "headers": {"Authorization": "Bearer sesame"},
        "queryStringParameters": None,
        "pathParameters": path or None,
        "requestContext": {"requestId": "gateway-1", "stage": "v1", "httpMethod": method},
        "body": body,
        "isBase64Encoded": False,
    }


def start_deletion(product: str) -> None:
    """Brings a product to where its deletion has begun."""
    found = store.read_head(product)
    assert found
    store.write_head(product, found.head.deleting(product, datetime.now(UTC)), found)
