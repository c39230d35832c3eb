from __future__ import annotations

from dataclasses import replace
from typing import Any

import yaml

from plinth.sam.application import Application, Function, Route
from plinth.sam.template import dump, event_id, template
from plinth.sam.testing.applications import application, function, with_orders


def uri(function: Function) -> str:
    return f"local/{function.name}"


def made(what: Application) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(dump(template(what, uri, {}, registry=False)))
    return found


def orders(**more: Any) -> dict[str, Any]:
    """The properties of the function `orders` when it has these facts."""
    found: dict[str, Any] = made(with_orders(**more))["Resources"]["OrdersFunction"]["Properties"]
    return found


def test_each_function_is_a_resource_with_an_alarm() -> None:
    kinds = {name: each["Type"] for name, each in made(application())["Resources"].items()}
    functions = {"AuthorizerFunction", "DocsFunction", "OrdersFunction"}
    assert kinds == {
        "Api": "AWS::Serverless::Api",
        **dict.fromkeys(functions, "AWS::Serverless::Function"),
        **{f"{name}Errors": "AWS::CloudWatch::Alarm" for name in functions},
    }


def test_a_function_goes_over_by_its_alias_and_back_by_its_alarm() -> None:
    properties = orders(memory=1024, timeout=60)
    assert (properties["MemorySize"], properties["Timeout"]) == (1024, 60)
    assert (properties["PackageType"], properties["ImageUri"]) == ("Image", "local/orders")
    assert properties["AutoPublishAlias"] == "live"
    assert properties["AutoPublishAliasAllProperties"] is True
    assert properties["VersionDeletionPolicy"] == "Retain"
    assert properties["DeploymentPreference"] == {
        "Type": "AllAtOnce",
        "Alarms": [{"Ref": "OrdersFunctionErrors"}],
    }


def test_globals_are_left_out_since_they_take_no_images() -> None:
    assert "Globals" not in made(application())


def test_routes_are_events_and_what_is_public_needs_no_authorizer() -> None:
    assert orders()["Events"] == {
        "GetOrdersOrder": {
            "Type": "Api",
            "Properties": {
                "RestApiId": {"Ref": "Api"},
                "Method": "get",
                "Path": "/orders/{order}",
            },
        }
    }
    docs = made(application())["Resources"]["DocsFunction"]["Properties"]["Events"]["GetDocs"]
    assert docs["Properties"]["Auth"] == {"Authorizer": "NONE"}


def test_the_authorizer_is_in_front() -> None:
    auth = made(application())["Resources"]["Api"]["Properties"]["Auth"]
    assert auth["DefaultAuthorizer"] == "Authorizer"
    assert auth["Authorizers"]["Authorizer"]["FunctionArn"] == {"Ref": "AuthorizerFunction.Alias"}


def test_without_routes_there_is_no_api() -> None:
    alone = application(functions=(function("orders"),), authorizer=None, documented=None)
    found = made(alone)
    assert "Api" not in found["Resources"]
    assert "Outputs" not in found


def test_placeholders_are_parameters_with_their_users() -> None:
    found = made(
        with_orders(
            variables={"BUCKET": "${Bucket}", "WHERE": "${AWS::Region}", "STAGE": "test"},
            policies=({"S3ReadPolicy": {"BucketName": "${Bucket}"}},),
            events={"E": {"Type": "EventBridgeRule", "Properties": {"Pattern": {"a": ["${E}"]}}}},
        )
    )
    assert found["Parameters"] == {
        "Bucket": {"Type": "String", "Description": "For orders"},
        "E": {"Type": "String", "Description": "For orders"},
    }
    properties = found["Resources"]["OrdersFunction"]["Properties"]
    assert properties["Environment"]["Variables"] == {
        "BUCKET": {"Ref": "Bucket"},
        "STAGE": "test",
        "WHERE": {"Ref": "AWS::Region"},
    }
    assert properties["Policies"] == [{"S3ReadPolicy": {"BucketName": {"Ref": "Bucket"}}}]
    assert properties["Events"]["E"]["Properties"] == {"Pattern": {"a": [{"Ref": "E"}]}}


def test_who_invokes_may_invoke_that_function_and_gets_its_name() -> None:
    properties = orders(invokes={"DOCS": "lambdas/docs:function"})
    variable = {"Fn::Sub": "${AWS::StackName}-docs:live"}
    assert properties["Environment"]["Variables"] == {"DOCS": variable}
    ((statement,),) = [policy["Statement"] for policy in properties["Policies"]]
    assert statement["Action"] == "lambda:InvokeFunction"
    assert statement["Resource"]["Fn::Sub"].endswith(":function:${AWS::StackName}-docs:live")


def test_failures_go_where_they_may() -> None:
    properties = orders(on_failure="lambdas/orders:function")
    destination = properties["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]
    ((statement,),) = [policy["Statement"] for policy in properties["Policies"]]
    assert destination == {"Type": "Lambda", "Destination": statement["Resource"]}


def test_the_same_application_gives_the_same_bytes_in_any_order() -> None:
    one = with_orders(variables={"A": "1", "B": "2"}, invokes={"C": "lambdas/docs:function"})
    other = replace(one, functions=tuple(reversed(one.functions)))
    first, second = (
        dump(template(each, uri, {"Release": "r"}, registry=True)) for each in (one, other)
    )
    assert first == second
    assert b"&id" not in first


def test_names_in_a_template_have_no_punctuation() -> None:
    assert event_id(Route("DELETE", "/a-b/{c_d}/e")) == "DeleteABCDE"
    assert function("create_schema").logical_id == "CreateSchemaFunction"
