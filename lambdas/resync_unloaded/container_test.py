from __future__ import annotations

from containers import pipeline
from containers.event import sample
from containers.function import Function
from containers.lambda_api import AwsWithLambda
from containers.raw_files import RawFilesContract
from ingestion import catalogue, names, objects
from ingestion.names import Area
from ingestion_testing import samples

DATA = pipeline.SETTINGS["DATA_BUCKET"]


class TestResyncUnloaded(RawFilesContract):
    layout = "lambdas.resync_unloaded/image"

    def test_what_is_not_loaded_is_given_to_curated_load(
        self, function: Function, aws: AwsWithLambda
    ) -> None:
        loaded, unloaded = (
            samples.file(Area.RAW, load_timestamp=f"20240131T12300{n}Z") for n in range(2)
        )
        curated = loaded.moved_to(Area.CURATED)
        for file in (loaded, unloaded, curated):
            objects.write(DATA, file.key, b"", "text/plain")
        catalogue.register_load(curated, samples.schema(), names.FIRST_VERSION)
        answer = function.invoke(sample(__file__, "product")).payload
        assert (answer["queued"], answer["complete"]) == (1, True)
        (event,) = aws.functions.invocations("curated_load")
        assert event["detail"]["object"]["key"] == unloaded.key
