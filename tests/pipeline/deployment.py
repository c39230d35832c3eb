"""The whole pipeline deployed on this machine: every image in its container, and AWS around it.

moto is S3, Glue and Secrets Manager. What moto lacks stands here in its simplest form: API Gateway,
EventBridge's rules, and Lambda starting one function for another. Nothing happens behind a test's
back: what was set off waits until `settle` delivers it, or the test does, in its own order.
"""

from __future__ import annotations

import base64
import hashlib
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from docker import DockerClient

from containers import pipeline as buckets
from containers.answer import Answer
from containers.engine import connect
from containers.errors import HarnessError
from containers.function import Configuration, Function, running
from containers.images import bring_into
from containers.lambda_api import AwsWithLambda, running_aws_with_lambda
from containers.owner import owner
from ingestion_testing.recorder import Recorder, recording
from pipeline.deliveries import RULES, Deliveries, Delivery, Rule
from pipeline.gateway import OPERATIONS, Api, gateway
from pipeline.stack import read_stack_of
from plinth.oci.format.layout import read_stack

TEMPLATE = "lambdas/api/template.local.yaml"
TOKEN = "open-sesame"
CATALOGUE_TOKEN = "catalogue-sesame"
_SECRETS = {"AUTHORIZER_SECRET_ID": TOKEN, "CATALOGUE_SECRET_ID": CATALOGUE_TOKEN}
FUNCTIONS = {
    "CURATED_LOAD_FUNCTION": "curated_load",
    "LANDING_TO_RAW_FUNCTION": "landing_to_raw",
    "PUSH_TO_CATALOGUE_FUNCTION": "push_to_catalogue",
}
_MOST_ROUNDS = 20
# Longer than API Gateway would wait: the machine may have other work.
_SECONDS = 120


Configured = Callable[[str], Configuration]
"""What the lambda of a name is given."""


class Functions:
    """The lambdas whose images lie in a folder, each started when it is first invoked."""

    def __init__(
        self, images: Path, configuration: Configured, client: DockerClient, stack: ExitStack
    ) -> None:
        self._images = images
        self._configuration = configuration
        self._client = client
        self._stack = stack
        self._owner = stack.enter_context(owner(client))
        # The emulator answers one event at a time.
        self._busy: dict[str, threading.Lock] = defaultdict(threading.Lock)
        self.running: dict[str, Function] = {}

    @property
    def names(self) -> frozenset[str]:
        """Of all, whether they are running or not."""
        layouts = self._images.glob("lambdas.*/image")
        return frozenset(layout.parent.name.partition(".")[2] for layout in layouts)

    def bring_base(self) -> None:
        """Give Docker the base now, which every image stands on. Raises when it cannot be had."""
        bring_into(self._client, read_stack(self._images / "base/image", ()))

    def invoke(self, name: str, event: Any) -> Answer:
        """The lambda's answer to the event."""
        with self._busy[name]:
            if name not in self.running:
                self.running[name] = self._start(name)
            return self.running[name].invoke(event)

    def kill(self, name: str) -> None:
        """End a running lambda at once, whatever it is doing. Its next event starts it anew."""
        self.running.pop(name).container.kill()

    def logs(self) -> str:
        """All that the running ones have written, one after the other."""
        return "".join(f"--- {name}\n{f.logs()}" for name, f in sorted(self.running.items()))

    def _start(self, name: str) -> Function:
        if name not in self.names:
            raise HarnessError(
                f"no image of {name} in {self._images.absolute()}: name it for this test in the "
                "test's BUILD file (`_PARTS` in tests/pipeline/BUILD), or package it"
            )
        layout = self._images / f"lambdas.{name}" / "image"
        reference = bring_into(self._client, read_stack(layout, self._images.glob("base/image")))
        return self._stack.enter_context(
            running(self._client, reference, self._configuration(name), self._owner)
        )


@dataclass(frozen=True)
class Pipeline:
    """The deployed pipeline: its API at `url`, its functions, its buckets and its catalogue."""

    url: str
    functions: Functions
    deliveries: Deliveries
    s3: Any
    catalogue: Recorder

    def ask(
        self, method: str, path: str, body: Any = None, token: str | None = TOKEN
    ) -> requests.Response:
        """Send a request to the API."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return requests.request(
            method, self.url + path, json=body, headers=headers, timeout=_SECONDS
        )

    def upload(self, product: str, table: str, content: bytes) -> str:
        """Post a file through a presigned form, as a producer does; its key in the landing zone."""
        announced = {
            "contentMd5": base64.b64encode(hashlib.md5(content).digest()).decode(),
            "contentLength": len(content),
        }
        asked = self.ask("POST", f"/data-product/{product}/table/{table}/upload", announced)
        asked.raise_for_status()
        form = asked.json()
        requests.post(
            form["url"], data=form["fields"], files={"file": content}, timeout=_SECONDS
        ).raise_for_status()
        return str(form["key"])

    def deliver(self, delivery: Delivery) -> Any:
        """Give a function its event; what it answers, which must be no error."""
        answer = self.functions.invoke(delivery.function, delivery.event)
        if answer.error:
            raise HarnessError(f"{delivery} failed: {answer.payload}\n{self.functions.logs()}")
        return answer.payload

    def settle(self) -> list[tuple[str, Any]]:
        """Deliver what was set off, and what that sets off; each function and its answer."""
        answers: list[tuple[str, Any]] = []
        for _ in range(_MOST_ROUNDS):
            due = self.deliveries.due()
            if not due:
                return answers
            answers += [(delivery.function, self.deliver(delivery)) for delivery in due]
        raise HarnessError(f"the functions still set each other off after {_MOST_ROUNDS} rounds")


@dataclass(frozen=True)
class Surroundings:
    """What the pipeline's functions need around them; `environment` makes them find it."""

    aws: AwsWithLambda
    s3: Any
    catalogue: Recorder
    environment: Mapping[str, str]


@contextmanager
def surroundings() -> Iterator[Surroundings]:
    """An AWS with empty buckets and the secrets, and a catalogue, until the block ends."""
    with running_aws_with_lambda() as aws, recording() as catalogue, buckets.buckets(aws) as s3:
        for name, value in _SECRETS.items():
            aws.client("secretsmanager").create_secret(Name=name, SecretString=value)
        environment = {
            **aws.environment,
            **buckets.SETTINGS,
            **FUNCTIONS,
            **{name: name for name in _SECRETS},
            "CATALOGUE_URL": catalogue.url,
        }
        yield Surroundings(aws, s3, catalogue, environment)


@contextmanager
def deployed(images: Path) -> Iterator[Pipeline]:
    """The pipeline of the images in a folder, with empty buckets, until the block ends.

    The folder is as `./pants package` leaves it: `base/image`, `lambdas.<name>/image`.
    """
    with ExitStack() as stack:
        around = stack.enter_context(surroundings())

        def configuration(name: str) -> Configuration:
            return Configuration(
                name=name, timeout_seconds=_SECONDS, environment=around.environment
            )

        yield _pipeline(images, around, configuration, OPERATIONS, RULES, stack)


@contextmanager
def deployed_application(images: Path, port: int = 0) -> Iterator[Pipeline]:
    """As `deployed`, by the application's template: its routes, its authorizer, its facts.

    A function has the variables that the template gives it, and no others; its AWS is moto.
    """
    with ExitStack() as block:
        around = block.enter_context(surroundings())
        stack = read_stack_of(images / TEMPLATE, parameters(around))

        def configuration(name: str) -> Configuration:
            facts = stack.functions[name]
            return Configuration(
                name=name,
                memory_mb=facts.memory_mb,
                timeout_seconds=max(facts.timeout_seconds, _SECONDS),
                environment={**around.aws.environment, **facts.variables},
            )

        yield _pipeline(images, around, configuration, stack.api, stack.rules, block, port)


def parameters(around: Surroundings) -> Mapping[str, str]:
    """What the template's parameters are on this machine."""
    return {
        "AuthorizerSecret": "AUTHORIZER_SECRET_ID",
        "CatalogueSecret": "CATALOGUE_SECRET_ID",
        "CatalogueUrl": around.catalogue.url,
        "DataBucket": buckets.SETTINGS["DATA_BUCKET"],
        "LandingBucket": buckets.SETTINGS["LANDING_BUCKET"],
        "MetadataBucket": buckets.SETTINGS["METADATA_BUCKET"],
    }


def _pipeline(
    images: Path,
    around: Surroundings,
    configuration: Configured,
    api: Api,
    rules: Iterable[Rule],
    stack: ExitStack,
    port: int = 0,
) -> Pipeline:
    client = connect()
    stack.callback(client.close)
    functions = Functions(images, configuration, client, stack)
    return Pipeline(
        url=stack.enter_context(gateway(functions.invoke, api, port)),
        functions=functions,
        deliveries=Deliveries(around.s3, around.aws.functions, rules),
        s3=around.s3,
        catalogue=around.catalogue,
    )
