"""What a lambda's frame costs at its first request: ours, and Powertools' event handler.

    venv=$(3rdparty/tools/bootstrap venv 3rdparty/python/requirements.txt --python 3.11)
    $venv/bin/python bench/event_handlers.py

Each is `get_schema`, in a process of its own, in turn. The request is refused with 400 for a name
in its path, so that no more than the frame is counted: what is imported, and the processor's time.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ROUNDS = 15

OURS = "from get_schema.handler import handler\n"

_POWERTOOLS = """
from typing import Annotated
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.event_handler.openapi.params import Path
from ingestion import names, observability, responses, store
from ingestion.errors import ApiError, BadRequest, InvalidName
from ingestion.schemas import TableSchema

app = APIGatewayRestResolver(enable_validation={validates})
NAME = {name}

@app.exception_handler(ApiError)
def refused(error):
    answer = responses.error(error)
    return Response(answer["statusCode"], "application/json", answer["body"])

@app.exception_handler(RequestValidationError)
def invalid(error):
    return refused(BadRequest(str(error.errors())))

@app.get("/data-product/<product>/table/<table>/schema")
def get_schema(product: NAME, table: NAME) -> TableSchema:
    try:
        names.product_name(product), names.table_name(table)
    except InvalidName as error:
        raise BadRequest(str(error)) from None
    return store.load_schema(store.load_latest(product), table)

@observability.observed
def handler(event, context):
    return app.resolve(event, context)
"""
# Without validation nothing of OpenAPI need be imported.
_PLAIN = "\n".join(
    line
    for line in _POWERTOOLS.replace(
        """@app.exception_handler(RequestValidationError)
def invalid(error):
    return refused(BadRequest(str(error.errors())))

""",
        "",
    ).splitlines()
    if ".openapi." not in line
)
VARIANTS = {
    "ours": OURS,
    "Powertools, routing alone": _PLAIN.format(validates=False, name="str"),
    "Powertools, validation and OpenAPI": _POWERTOOLS.format(
        validates=True, name='Annotated[str, Path(pattern="^[a-z][a-z0-9_]*$")]'
    ),
}

_ONE = """
import importlib, json, os, resource, sys
os.environ.update(AWS_LAMBDA_FUNCTION_NAME="x", AWS_REGION="eu-west-2", METADATA_BUCKET="m")
path = "/data-product/Bad/table/daily/schema"
event = {
    "resource": "/data-product/{product}/table/{table}/schema", "path": path, "httpMethod": "GET",
    "headers": {}, "multiValueHeaders": {}, "queryStringParameters": None,
    "multiValueQueryStringParameters": None,
    "pathParameters": {"product": "Bad", "table": "daily"},
    "requestContext": {"requestId": "r", "stage": "v1", "httpMethod": "GET", "path": path},
    "body": None, "isBase64Encoded": False,
}
class Context:
    aws_request_id = "1"
    def get_remaining_time_in_millis(self):
        return 1000
answer = importlib.import_module("variant").handler(event, Context())
assert answer["statusCode"] == 400, answer
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps([len(sys.modules), 1000 * (used.ru_utime + used.ru_stime)]))
"""


def measure(source: str) -> tuple[int, float]:
    """Modules imported, and milliseconds of the processor."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "variant.py").write_text(source)
        paths = ":".join((folder, str(ROOT / "src"), str(ROOT / "lambdas")))
        found = subprocess.run(
            (sys.executable, "-c", _ONE),
            env={"PYTHONPATH": paths},
            stdout=subprocess.PIPE,
            check=True,
        )
    modules, milliseconds = json.loads(found.stdout.splitlines()[-1])
    return modules, milliseconds


def main() -> None:
    taken: dict[str, list[tuple[int, float]]] = {name: [] for name in VARIANTS}
    for _ in range(ROUNDS):
        for name, source in VARIANTS.items():
            taken[name].append(measure(source))
    print("| | modules | processor, least | median |\n|---|---|---|---|")
    for name, many in taken.items():
        times = [milliseconds for _, milliseconds in many]
        least, median = min(times), statistics.median(times)
        print(f"| {name} | {many[0][0]} | {least:.0f} ms | {median:.0f} ms |")


if __name__ == "__main__":
    main()
