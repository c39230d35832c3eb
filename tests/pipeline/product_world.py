"""The product of `product_model` in a real AWS of this process: made, asked, and looked at."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from typing import Any

from create_metadata.handler import handler as create_metadata
from create_schema.handler import handler as create_schema
from curated_load.handler import handler as curated_load
from delete_product.handler import handler as delete_product
from delete_table.handler import handler as delete_table
from landing_to_raw.handler import handler as landing_to_raw
from update_metadata.handler import handler as update_metadata
from update_schema.handler import handler as update_schema

from ingestion import objects
from ingestion.names import Area, DataFile
from ingestion_testing import samples, snapshots
from ingestion_testing.answers import call
from ingestion_testing.fixtures import DATA, LANDING, METADATA, Context
from pipeline import product_model as model
from pipeline.product_model import Answer, Columns, Model, Operation, Version

PRODUCT = "weather"
CONTENT = b"day,highest\n2024-01-31,9.5\n"
FILES = {
    "landing": samples.file(load_timestamp="20240103T000000Z"),
    "later": samples.file(Area.RAW, load_timestamp="20240102T000000Z"),
    "earlier": samples.file(Area.RAW, load_timestamp="20240101T000000Z"),
}
_NAMES = {file.load_timestamp: name for name, file in FILES.items()}


def do(operation: Operation) -> Answer:
    """Makes the request, or delivers the event."""
    match operation:
        case model.Register(description):
            return _version(call(create_metadata, "POST", _details(description)))
        case model.Describe(description):
            return _asked(update_metadata, "PUT", _details(description))
        case model.Create(table, columns):
            return _asked(create_schema, "POST", _schema(columns), table=table)
        case model.Reshape(table, columns):
            return _asked(update_schema, "PUT", _schema(columns), table=table)
        case model.Drop(table):
            return _asked(delete_table, "DELETE", table=table)
        case model.Delete():
            return _asked(delete_product, "DELETE")
        case model.Land(file, _):
            return _delivered(landing_to_raw, LANDING, FILES[file])
        case model.Load(file):
            return _delivered(curated_load, DATA, FILES[file])
    raise AssertionError(operation)


def _asked(handler: Any, method: str, body: Any = None, **path: str) -> Answer:
    return _version(call(handler, method, body, product=PRODUCT, **path))


def _version(answer: tuple[int, Any]) -> Answer:
    status, body = answer
    return status, body.get("version", "")


def _delivered(handler: Any, bucket: str, file: DataFile) -> Answer:
    return handler(samples.object_created(bucket, file.key), Context())["outcome"], ""


def _details(description: str) -> dict[str, Any]:
    return {**samples.details(), "description": description}


def _schema(columns: Columns) -> dict[str, Any]:
    return samples.schema(**dict(column.split() for column in columns)).to_dict()


def put(name: str) -> None:
    """Puts a file where it stands before its event."""
    file = FILES[name]
    bucket = LANDING if file.area is Area.LANDING else DATA
    objects.write(bucket, file.key, CONTENT, "text/csv")


def seen() -> Model:
    """The product as its buckets and the Glue Data Catalog show it; they must agree."""
    found = Model()
    documents = {
        key.removeprefix(f"{PRODUCT}/"): json.loads(content)
        for key, content in snapshots.objects(METADATA).items()
    }
    head = documents.pop("head.json", None)
    if head:
        assert "claim" not in head, "a claim is left"
        assert not head["isBeingDeleted"], "the deletion is left"
        found.description = head["metadata"]["description"]
        found.version = _parsed(head["metadata"]["version"])
    found.history = _history(documents)
    if found.version:
        assert head["metadata"] == documents[f"{head['metadata']['version']}/metadata.json"]
        found.tables = found.history[found.version]
    data = set(snapshots.objects(DATA))
    found.loaded = _loaded(found, data)
    for area, files in (("raw/", found.raw), ("fail/", found.failed)):
        for key in data:
            if key.startswith(area) and key.endswith(".csv"):
                files.add(_NAMES[DataFile.parse(key).load_timestamp])
            elif key.startswith(area):
                assert key.replace(".reason.json", ".csv") in data, f"{key} alone"
    found.landed = {
        _NAMES[DataFile.parse(key).load_timestamp] for key in snapshots.objects(LANDING)
    }
    return found


def _history(documents: dict[str, Any]) -> dict[Version, dict[str, Columns]]:
    history: dict[Version, dict[str, Columns]] = defaultdict(dict)
    for key, document in documents.items():
        folder, _, rest = key.partition("/")
        tables = history[_parsed(folder)]
        if rest != "metadata.json":
            tables[rest.removesuffix("/schema.json")] = tuple(
                f"{column['name']} {column['type']}" for column in document["columns"]
            )
    for version, tables in history.items():
        metadata = documents[f"v{version[0]}.{version[1]}/metadata.json"]
        assert set(metadata["schemas"]) == set(tables), f"{version} is torn"
    return dict(history)


def _loaded(found: Model, data: set[str]) -> dict[tuple[int, str], list[str]]:
    files: dict[tuple[int, str], list[str]] = defaultdict(list)
    for key in data:
        if key.startswith("curated/"):
            file = DataFile.parse(key)
            files[file.major, file.table].append(_NAMES[file.load_timestamp])
    registered: dict[tuple[int, str], list[str]] = defaultdict(list)
    for database, tables in snapshots.glue().items():
        major = int(database.rpartition("_v")[2])
        newest = max((v for v in found.history if v[0] == major), default=None)
        assert newest, f"there is {database}, and no such version"
        for name, table in tables.items():
            registered[major, name] += [_NAMES[load] for load in table.loads]
            wanted = found.history[newest][name]
            assert table.columns == wanted, f"Glue has {table.columns} of {database}.{name}"
    assert _sorted(files) == _sorted(registered), "files and partitions differ"
    return _sorted(files)


def _sorted(loads: dict[tuple[int, str], list[str]]) -> dict[tuple[int, str], list[str]]:
    return {table: sorted(names) for table, names in loads.items() if names}


def _parsed(version: str) -> Version:
    match = re.fullmatch(r"v(\d+)\.(\d+)", version)
    assert match
    return int(match[1]), int(match[2])
