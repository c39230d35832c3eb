"""One lambda of the pipeline on this machine: what `./pants run` and `./pants invoke` start.

Around it are the pipeline's buckets, secrets and catalogue, and a product to send events about:
`weather`, with the table `daily`, a file that has landed, one that is raw, and one that is loaded.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from containers import local
from containers import pipeline as buckets
from ingestion import catalogue, curated, names, objects
from ingestion.names import Area
from ingestion_testing import samples
from pipeline.deployment import surroundings

ABOUT = "moto, with the product `weather` and its table `daily`"
CSV = b"day,highest\n2024-01-31,9.5\n2024-02-01,-1.0\n"


@contextmanager
def with_a_product() -> Iterator[Mapping[str, str]]:
    """The pipeline's surroundings, with the product that the sample events are about."""
    with surroundings() as around:
        store_sample_product()
        yield around.environment


def store_sample_product() -> None:
    """The product, its table and a file in each place, stored by the library's own code."""
    data, landing = buckets.SETTINGS["DATA_BUCKET"], buckets.SETTINGS["LANDING_BUCKET"]
    samples.register(samples.metadata())
    objects.write(landing, samples.file().key, CSV, "text/csv")
    raw = samples.file(Area.RAW, load_timestamp="20240131T113000Z")
    objects.write(data, raw.key, CSV, "text/csv")
    loaded = samples.file(Area.RAW, load_timestamp="20240130T123000Z")
    objects.write(data, loaded.key, CSV, "text/csv")
    source = objects.info(data, loaded.key)
    assert source
    curated.write(source, samples.schema(), data, loaded)
    catalogue.register_load(loaded.moved_to(Area.CURATED), samples.schema(), names.FIRST_VERSION)


if __name__ == "__main__":
    sys.exit(local.main(sys.argv[1:], with_a_product, ABOUT))
