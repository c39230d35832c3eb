"""From BUILD files to an application. The handlers are not imported: a rule stands in for that."""

from __future__ import annotations

import pytest
from pants.backend.docker.target_types import DockerImageTarget
from pants.engine.addresses import Address, Addresses
from pants.engine.rules import QueryRule, rule
from pants.engine.target import Dependencies, DependenciesRequest
from pants.testutil.rule_runner import RuleRunner, engine_error

from plinth.images.lambda_configuration import LambdaConfigurationTarget
from plinth.sam.application import Application, Route
from plinth.sam.errors import SamError
from plinth.sam.target_types import SamApplicationTarget
from plinth.sam.util_rules import application
from plinth.sam.util_rules.application import ApplicationRequest, DescribedApplication
from plinth.sam.util_rules.handlers import Handlers, HandlersRequest

SHOW = Route("GET", "/orders/{order}", ("order",))
ORDERS = """
docker_image(name="image", instructions=["FROM scratch"])
lambda_configuration(name="function", images=[":image"], handler="orders.handler:handler", {facts})
"""


@rule
async def asked(request: HandlersRequest) -> Handlers:
    """Every handler serves one route, but for `broken`."""
    objections = tuple(
        f"{address}: handler: {handler} is broken"
        for address, handler in request.handlers
        if "broken" in handler
    )
    routes = tuple((address, (SHOW,)) for address, _ in request.handlers)
    return Handlers(routes, None, objections)


@pytest.fixture
def runner() -> RuleRunner:
    runner = RuleRunner(
        rules=[
            *application.rules(),
            asked,
            QueryRule(DescribedApplication, [ApplicationRequest]),
            QueryRule(Addresses, [DependenciesRequest]),
        ],
        target_types=[DockerImageTarget, LambdaConfigurationTarget, SamApplicationTarget],
    )
    runner.write_files({"lambdas/BUILD": 'sam_application(name="api")\n'})
    return runner


def described(runner: RuleRunner, facts: str = "") -> Application:
    runner.write_files({"lambdas/orders/BUILD": ORDERS.format(facts=facts)})
    request = ApplicationRequest(Address("lambdas", target_name="api"))
    return runner.request(DescribedApplication, [request]).application


def test_an_application_is_made_of_what_is_below_it(runner: RuleRunner) -> None:
    runner.write_files({"elsewhere/BUILD": ORDERS.format(facts="")})
    made = described(runner, 'memory=1024, timeout=60, variables={"A": "b"}')
    (orders,) = made.functions
    assert (orders.address, orders.image) == ("lambdas/orders:function", "lambdas/orders:image")
    assert (orders.memory, orders.timeout, dict(orders.variables)) == (1024, 60, {"A": "b"})
    assert orders.routes == (SHOW,)
    target = runner.get_target(Address("lambdas", target_name="api"))
    found = runner.request(Addresses, [DependenciesRequest(target[Dependencies])])
    assert [address.spec for address in found] == ["lambdas/orders:function"]


def test_addresses_are_relative_to_the_lambda(runner: RuleRunner) -> None:
    (orders,) = described(runner, 'on_failure=":function"').functions
    assert orders.on_failure == orders.address


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ("memory=64", "The 'memory' field in target lambdas/orders:function must be 128 to 10240"),
        ("timeout=901", "The 'timeout' field in target lambdas/orders:function must be 1 to 900"),
        ('policies={"Action": "s3:*"}', "The 'policies' field in target lambdas/orders:function"),
        ('policies=["S3"]', "The 'policies' field in target lambdas/orders:function"),
        ("events=[1]", "The 'events' field in target lambdas/orders:function"),
        ('invokes={"A": "//gone:function"}', "lambdas/orders:function"),
    ],
)
def test_a_wrong_fact_names_target_and_field(runner: RuleRunner, facts: str, said: str) -> None:
    with engine_error(contains=said):
        described(runner, facts)


def test_what_speaks_against_it_is_an_error(runner: RuleRunner) -> None:
    star = 'policies=[{"Action": "s3:*", "Resource": "arn:aws:s3:::a/*"}]'
    with engine_error(SamError, contains="lambdas:api: no template is written."):
        described(runner, star)


def test_a_handler_that_cannot_be_asked_is_an_error(runner: RuleRunner) -> None:
    runner.write_files(
        {"lambdas/broken/BUILD": ORDERS.format(facts="").replace("orders.", "broken.")}
    )
    with engine_error(SamError, contains="lambdas/broken:function: handler: broken.handler"):
        described(runner)
