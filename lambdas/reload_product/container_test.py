from __future__ import annotations

from containers import pipeline
from containers.event import sample
from containers.function import Function
from containers.lambda_api import AwsWithLambda
from containers.raw_files import RawFilesContract
from ingestion import objects
from ingestion.names import Area
from ingestion_testing import samples

DATA = pipeline.SETTINGS["DATA_BUCKET"]


class TestReloadProduct(RawFilesContract):
    layout = "lambdas.reload_product/image"

    def test_every_raw_file_is_given_to_curated_load(
        self, function: Function, aws: AwsWithLambda
    ) -> None:
        files = [samples.file(Area.RAW, load_timestamp=f"20240131T12300{n}Z") for n in range(3)]
        for file in files:
            objects.write(DATA, file.key, b"", "text/plain")
        answer = function.invoke(sample(__file__, "product")).payload
        assert (answer["queued"], answer["complete"]) == (3, True)
        details = [event["detail"] for event in aws.functions.invocations("curated_load")]
        assert [detail["object"]["key"] for detail in details] == [file.key for file in files]
        assert {detail["rebuildSince"] for detail in details} == {answer["since"]}
