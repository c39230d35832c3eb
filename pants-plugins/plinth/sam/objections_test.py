from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from plinth.sam.application import Application, Route
from plinth.sam.errors import SamError, refuse
from plinth.sam.objections import objections
from plinth.sam.testing.applications import DOCS, SHOW, application, function, with_orders

ORDERS = "lambdas/orders:function"
BUCKET = "arn:${AWS::Partition}:s3:::${Bucket}"


def test_a_sound_application_has_none() -> None:
    assert list(objections(application())) == []


def two(first: dict[str, Any], second: dict[str, Any]) -> Application:
    return application(
        functions=(function("a", **first), function("b", **second)),
        authorizer=None,
        documented=None,
    )


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (
            with_orders(routes=(replace(SHOW, takes=()),)),
            "GET /orders/{order} has the parameter {order}, which orders.handler:handler does not",
        ),
        (
            with_orders(routes=(replace(SHOW, takes=("order", "line")),)),
            "GET /orders/{order} lacks the parameter {line}, which orders.handler:handler takes",
        ),
        (
            with_orders(routes=(SHOW, Route("POST", "/orders"))),
            "handler: POST /orders is not in the document of lambdas:api's `openapi`",
        ),
        (
            with_orders(routes=(replace(SHOW, public=True),)),
            "handler: GET /orders/{order} is public in one of handler and OpenAPI document alone",
        ),
        (
            with_orders(policies=({"Action": "s3:*", "Resource": BUCKET},)),
            "policies: the action 's3:*' has a star. Name each action",
        ),
        (
            with_orders(policies=({"Action": ["s3:GetObject"], "Resource": "*"},)),
            "policies: the resource '*' has a star. Name what it may touch",
        ),
        (
            with_orders(policies=({"Action": ["a:B"], "Resource": "arn:aws:s3:::*/x"},)),
            "policies: the resource 'arn:aws:s3:::*/x' has a star",
        ),
        (
            with_orders(policies=({"Action": ["a:B"], "Resource": "arn:aws:s3:::*"},)),
            "policies: the resource 'arn:aws:s3:::*' has a star",
        ),
        (
            with_orders(policies=({"S3ReadPolicy": {"BucketName": "*"}},)),
            "policies: S3ReadPolicy's BucketName '*' has a star",
        ),
        (
            with_orders(policies=({"S3ReadPolicy": "Bucket"},)),
            "is neither a statement nor one of SAM's policy templates",
        ),
        (
            with_orders(policies=({"Action": "s3:GetObject"},)),
            "policies: a statement has `Action` and `Resource`",
        ),
        (
            with_orders(events={"Ask": {"Type": "Api", "Properties": {}}}),
            "events: Ask: routes of an API are declared by the handler",
        ),
        (
            with_orders(events={"Ask": {"Pattern": {}}}),
            "events: Ask has `Type` and `Properties`",
        ),
        (
            with_orders(invokes={"NEXT": "lambdas/gone:function"}),
            "invokes: NEXT=lambdas/gone:function is no function of lambdas:api",
        ),
        (
            with_orders(invokes={"X": "lambdas/docs:function"}, variables={"X": "y"}),
            "invokes: X=lambdas/docs:function: the variable is among `variables`, too",
        ),
        (
            with_orders(on_failure="lambdas/gone:function"),
            "on_failure: lambdas/gone:function is no function of lambdas:api",
        ),
    ],
)
def test_an_objection_names_target_and_field(made: Application, said: str) -> None:
    (found,) = objections(made)
    assert found.startswith(f"{ORDERS}: ")
    assert said in found


def test_a_route_that_is_served_twice_is_named_with_both() -> None:
    other = replace(SHOW, path="/orders/{id}", takes=("id",))
    (found,) = objections(two({"routes": (SHOW,)}, {"routes": (other,)}))
    assert found == (
        "lambdas/b:function: handler: GET /orders/{id} is served by lambdas/a:function, too"
    )


def test_a_documented_route_that_nobody_serves_is_named() -> None:
    made = application(documented=(DOCS, SHOW, Route("PUT", "/orders/{order}", ("order",))))
    assert list(objections(made)) == [
        "lambdas:api: openapi: it has PUT /orders/{order}, which no handler serves"
    ]


def test_functions_that_invoke_each_other_are_a_circle() -> None:
    made = two({"invokes": {"B": "lambdas/b:function"}}, {"invokes": {"A": "lambdas/a:function"}})
    assert list(objections(made)) == [
        "lambdas/a:function: invokes: a circle, lambdas/a:function › lambdas/b:function › "
        "lambdas/a:function"
    ]


def test_a_function_may_get_its_own_failures() -> None:
    assert list(objections(with_orders(on_failure=ORDERS))) == []


def test_all_below_a_name_is_no_star() -> None:
    named = [f"{BUCKET}/*", "arn:aws:glue:${AWS::Region}:${AWS::AccountId}:table/*"]
    policies = ({"Action": ["s3:GetObject"], "Resource": named},)
    assert list(objections(with_orders(policies=policies))) == []


def test_an_authorizer_must_be_one_of_the_functions() -> None:
    assert list(objections(application(authorizer="lambdas/gone:function"))) == [
        "lambdas:api: authorizer: lambdas/gone:function is none of its functions"
    ]


def test_two_functions_of_one_name_are_named() -> None:
    one, other = function("orders"), replace(function("orders"), address="more/orders:function")
    made = application(functions=(one, other), authorizer=None, documented=None)
    (found,) = objections(made)
    assert found.startswith("more/orders:function: name: it is OrdersFunction in the template, as")


def test_all_objections_are_said_at_once() -> None:
    refuse("lambdas:api", [])
    with pytest.raises(SamError) as raised:
        refuse("lambdas:api", ["one", "two"])
    assert str(raised.value) == "lambdas:api: no template is written.\n  one\n  two"
