"""Making data visible, for as long as its product is there, by the newest schema there is.

A product may be deleted, and its schema change, between any two calls. So who publishes asks the
head before, and again after, until it has published what the head says.
"""

from __future__ import annotations

from ingestion import catalogue, following, loads, objects, settings, store
from ingestion.errors import NotFound
from ingestion.head import Head
from ingestion.names import Area, DataFile, Version


def load(file: DataFile, known: Head, is_new: bool) -> Head | None:
    """Registers the load of a curated file, and gives the head by which that was done.

    In later major versions, too: a new file where it fits, another one where it was taken over.
    None when the product whose head is known is gone: then the file is, too.
    """
    done: object = None
    last = known
    while head := _still(file.product, known):
        last = head
        try:
            metadata = store.of_major(head, file.product, file.major)
            parameters = following.described(loads.of(file))
            wanted = head.current(file.product).version, metadata.version, parameters
            if wanted == done:
                return head
            schema = store.load_schema(metadata, file.table)
            # Its own version last: who dies before that is repaired as one that is new.
            (following.take_on if is_new else following.restore)(file, head)
        except (NotFound, FileNotFoundError):
            if _still(file.product, known):
                raise
            break
        catalogue.register_load(file, schema, metadata.parsed_version, parameters)
        done = wanted
    _withdraw_all(file, last)
    return None


def restore(file: DataFile, known: Head) -> bool:
    """Copies a loaded file again to the later versions that have lost it; whether one had."""
    if not following.later(file, known):
        return False
    copied = following.restore(file, known)
    if copied and not _still(file.product, known):
        _withdraw_all(file, known)
    return copied


def schema(product: str, major: int, table: str) -> None:
    """Brings the table of a major version in Glue, if it is there, to its newest schema."""
    done: Version | None = None
    while (stored := store.read_head(product)) and stored.head.is_there:
        metadata = store.of_major(stored.head, product, major)
        if metadata.parsed_version == done or table not in metadata.schemas:
            return
        wanted = store.load_schema(metadata, table)
        catalogue.update_table(product, table, wanted, metadata.parsed_version)
        done = metadata.parsed_version


def is_there(product: str, known: Head) -> bool:
    """Whether the product whose head is known is still there; one that never was is not gone."""
    was_never = known.metadata is None and not known.is_being_deleted
    return was_never or _still(product, known) is not None


def _still(product: str, known: Head) -> Head | None:
    stored = store.read_head(product)
    same = stored and stored.head.is_there and stored.head.generation == known.generation
    return stored.head if stored and same else None


def _withdraw_all(file: DataFile, known: Head) -> None:
    _withdraw(file)
    for version in following.later(file, known) if known.is_there else ():
        _withdraw(file.in_major(version.major))


def _withdraw(file: DataFile) -> None:
    """Takes back what was published of a product that is gone, and leaves one of its name alone."""
    objects.delete(settings.data_bucket(), file.moved_to(Area.CURATED).key)
    catalogue.drop_partitions(file.database, file.table, [file.load_timestamp])
    stored = store.read_head(file.product)
    if not (stored and stored.head.is_there):
        catalogue.drop_database(file.database)
    elif not catalogue.partitions(file.database, file.table):
        # The next load makes it, by the schema that is then.
        catalogue.drop_table(file.database, file.table)
