"""Answers what there is: `GET` of data products, their tables and loads, and of an uploaded file.

- `/data-product`: the products, by name;
- `/data-product/{product}`: the metadata of its newest version;
- `/data-product/{product}/table`: its tables;
- `…/table/{table}/load`: the loads that can be queried in the newest major version, the newest
  first;
- `…/table/{table}/upload/{upload}`: what became of the file that was uploaded with the form of this
  id.

The lists take `limit`, at most 1,000 and by default 100, and `after`, the `next` of an earlier
answer. Each answer, 200, is its model in `ingestion.operations`.

Errors: 400 a name or a parameter is not valid, 404 no such product, table or upload, 405.
"""

from __future__ import annotations

from itertools import islice

from read_products.uploaded_file import uploaded_file

from ingestion import catalogue, names, objects, parallel, settings, store
from ingestion.api import Request, serving
from ingestion.errors import NotFound
from ingestion.names import DataFile
from ingestion.operations import (
    GET_PRODUCT,
    GET_UPLOAD,
    LIST_LOADS,
    LIST_PRODUCTS,
    LIST_TABLES,
    ListedLoad,
    ListedProduct,
    ListedTable,
    Loads,
    Page,
    Products,
    Tables,
    UploadedFile,
)
from ingestion.schemas import ProductMetadata


def _products(request: Request) -> Products:
    page = request.asked(Page)
    bucket = settings.metadata_bucket()
    # A folder's slash sorts after some characters of longer names: so that none is left out, all
    # are sorted by their names alone.
    folders = sorted(name[:-1] for name in objects.children(bucket, "") if name.endswith("/"))
    left = (name for name in folders if name > page.after)
    listed = list(islice(left, page.limit))
    found = parallel.each(store.read_head, listed)
    return Products(
        products=[
            ListedProduct(
                name=metadata.name,
                version=metadata.version,
                description=metadata.description,
                status=metadata.status,
            )
            for stored in found
            if stored and stored.head.is_there and (metadata := stored.head.metadata)
        ],
        next=listed[-1] if next(left, None) else None,
    )


def _product(request: Request, product: str) -> ProductMetadata:
    return store.load_latest(product)


def _tables(request: Request, product: str) -> Tables:
    metadata = store.load_latest(product)
    return Tables(
        product=metadata.name,
        version=metadata.version,
        tables=[
            ListedTable(
                name=table, description=schema.table_description, columns=len(schema.columns)
            )
            for table, schema in store.load_schemas(metadata).items()
        ],
    )


def _loads(request: Request, product: str, table: str) -> Loads:
    page = request.asked(Page)
    metadata = store.load_latest(product)
    if table not in metadata.schemas:
        raise NotFound(f"table {table} has no schema in {product} {metadata.version}")
    database = names.glue_database(product, metadata.parsed_version.major)
    found = sorted(catalogue.loads(database, table).items(), reverse=True)
    left = [(moment, told) for moment, told in found if not page.after or moment < page.after]
    listed = left[: page.limit]
    return Loads(
        product=product,
        table=table,
        version=metadata.version,
        loads=[
            ListedLoad(
                load_timestamp=moment,
                rows=int(told[catalogue.ROWS]) if catalogue.ROWS in told else None,
                carried_from=told.get(catalogue.CARRIED_FROM),
            )
            for moment, told in listed
        ],
        next=listed[-1][0] if len(left) > len(listed) else None,
    )


def _upload(request: Request, product: str, table: str, upload: DataFile) -> UploadedFile:
    return uploaded_file(upload)


handler = serving(
    (LIST_PRODUCTS, _products),
    (GET_PRODUCT, _product),
    (LIST_TABLES, _tables),
    (LIST_LOADS, _loads),
    (GET_UPLOAD, _upload),
)
