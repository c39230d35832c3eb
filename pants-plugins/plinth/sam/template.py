"""An application as a SAM template. The same application gives the same bytes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import yaml

from plinth.platform import PLATFORM
from plinth.sam.application import Application, Function, Route

ALIAS = "live"
API = "Api"
_AUTHORIZER = "Authorizer"

ImageUri = Callable[[Function], Any]
"""What a function's `ImageUri` is."""


def template(
    application: Application, image_uri: ImageUri, of: Mapping[str, str], registry: bool
) -> dict[str, Any]:
    """The template. `of` says what it was made of; with `registry` there is a parameter for one."""
    resources: dict[str, Any] = {}
    if any(function.routes for function in application.functions):
        resources[API] = _api(application)
    for function in application.functions:
        resources[function.logical_id] = _function(application, function, image_uri(function))
        resources[_alarm_id(function)] = _alarm(function)
    parameters = {
        name: {"Type": "String", "Description": f"For {', '.join(users)}"}
        for name, users in application.parameters.items()
    }
    if registry:
        parameters["Registry"] = {
            "Type": "String",
            "Description": "The registry that has the release's images, in the stack's region",
        }
    found: dict[str, Any] = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Transform": "AWS::Serverless-2016-10-31",
        "Description": f"{application.address}, made by `./pants package`",
        "Metadata": {"Plinth": dict(of)},
        "Resources": resources,
    }
    if parameters:
        found["Parameters"] = parameters
    if API in resources:
        address = f"https://${{{API}}}.execute-api.${{AWS::Region}}.${{AWS::URLSuffix}}"
        found["Outputs"] = {
            "Url": {
                "Description": "Where the API is",
                "Value": {"Fn::Sub": f"{address}/{application.stage}"},
            }
        }
    return found


class _Plain(yaml.SafeDumper):
    """Writes everything out where it stands, without references."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def dump(document: Mapping[str, Any]) -> bytes:
    """As YAML, sorted."""
    text: str = yaml.dump(document, Dumper=_Plain, sort_keys=True, allow_unicode=True, width=100)
    return text.encode()


def _function(application: Application, function: Function, image_uri: Any) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "FunctionName": _sub(f"${{AWS::StackName}}-{function.name}"),
        "PackageType": "Image",
        "ImageUri": image_uri,
        # AWS names one of the two machines otherwise.
        "Architectures": [PLATFORM.machine.replace("aarch64", "arm64")],
        "MemorySize": function.memory,
        "Timeout": function.timeout,
        "AutoPublishAlias": ALIAS,
        # Without it a version is published for other code, variables or memory, and not for a
        # timeout: the alias would go on with the old one.
        "AutoPublishAliasAllProperties": True,
        "VersionDeletionPolicy": "Retain",
        "DeploymentPreference": {
            "Type": application.deployment,
            "Alarms": [{"Ref": _alarm_id(function)}],
        },
    }
    if variables := _variables(application, function):
        properties["Environment"] = {"Variables": variables}
    if policies := _policies(application, function):
        properties["Policies"] = policies
    if events := _events(application, function):
        properties["Events"] = events
    if function.on_failure:
        properties["EventInvokeConfig"] = {
            "DestinationConfig": {
                "OnFailure": {
                    "Type": "Lambda",
                    "Destination": _sub(_arn(_named(application, function.on_failure))),
                }
            }
        }
    return {"Type": "AWS::Serverless::Function", "Properties": properties}


def _variables(application: Application, function: Function) -> dict[str, Any]:
    invoked = {
        variable: f"${{AWS::StackName}}-{_named(application, address)}:{ALIAS}"
        for variable, address in function.invokes.items()
    }
    found = {**function.variables, **invoked}
    return {name: _sub(value) for name, value in sorted(found.items())}


def _policies(application: Application, function: Function) -> list[Any]:
    found: list[Any] = []
    for policy in function.policies:
        if "Action" in policy:
            statement = {"Effect": "Allow", **_substituted(policy)}
            found.append({"Version": "2012-10-17", "Statement": [statement]})
        else:
            found.append(_substituted(policy))
    called = {_named(application, each) for each in function.invokes.values()}
    if function.on_failure:
        called.add(_named(application, function.on_failure))
    for name in sorted(called):
        # SAM's own template for it ends in a star: it would allow all functions of that beginning.
        statement = {
            "Effect": "Allow",
            "Action": "lambda:InvokeFunction",
            "Resource": _sub(_arn(name)),
        }
        found.append({"Version": "2012-10-17", "Statement": [statement]})
    return found


def _arn(name: str) -> str:
    where = "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function"
    return f"{where}:${{AWS::StackName}}-{name}:{ALIAS}"


def _named(application: Application, address: str) -> str:
    found = application.at(address)
    assert found, f"{address} was to be objected to"
    return found.name


def _events(application: Application, function: Function) -> dict[str, Any]:
    found = {name: _substituted(event) for name, event in function.events.items()}
    for route in sorted(function.routes, key=lambda route: (route.path, route.method)):
        found[event_id(route)] = _api_event(application, route)
    return found


def event_id(route: Route) -> str:
    """A route's name in a template: `GET /docs` is `GetDocs`."""
    words = "".join(c if c.isalnum() else " " for c in f"{route.method.lower()} {route.path}")
    return "".join(word[0].upper() + word[1:] for word in words.split())


def _api_event(application: Application, route: Route) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "RestApiId": {"Ref": API},
        "Method": route.method.lower(),
        "Path": route.path,
    }
    if route.public and application.authorizer:
        properties["Auth"] = {"Authorizer": "NONE"}
    return {"Type": "Api", "Properties": properties}


def _api(application: Application) -> dict[str, Any]:
    properties: dict[str, Any] = {"StageName": application.stage}
    if application.authorizer:
        authorizer = application.at(application.authorizer)
        assert authorizer, f"{application.authorizer} was to be objected to"
        properties["Auth"] = {
            "DefaultAuthorizer": _AUTHORIZER,
            "Authorizers": {
                _AUTHORIZER: {
                    "FunctionArn": {"Ref": f"{authorizer.logical_id}.Alias"},
                    "FunctionPayloadType": "TOKEN",
                    "Identity": {
                        "Header": "Authorization",
                        "ReauthorizeEvery": application.authorizer_seconds,
                    },
                }
            },
        }
    return {"Type": "AWS::Serverless::Api", "Properties": properties}


def _alarm_id(function: Function) -> str:
    return f"{function.logical_id}Errors"


def _alarm(function: Function) -> dict[str, Any]:
    name = f"${{AWS::StackName}}-{function.name}"
    return {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmName": _sub(f"{name}-errors"),
            "Namespace": "AWS/Lambda",
            "MetricName": "Errors",
            "Dimensions": [
                {"Name": "FunctionName", "Value": _sub(name)},
                {"Name": "Resource", "Value": _sub(f"{name}:{ALIAS}")},
            ],
            "Statistic": "Sum",
            "Period": 60,
            "EvaluationPeriods": 1,
            "Threshold": 0,
            "ComparisonOperator": "GreaterThanThreshold",
            "TreatMissingData": "notBreaching",
        },
    }


def _sub(text: str) -> Any:
    if alone := re.fullmatch(r"\$\{([\w:]+)\}", text):
        return {"Ref": alone[1]}
    return {"Fn::Sub": text} if "${" in text else text


def _substituted(value: Any) -> Any:
    """The value as YAML has it, with its placeholders substituted."""
    if isinstance(value, str):
        return _sub(value)
    if isinstance(value, Mapping):
        return {key: _substituted(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_substituted(each) for each in value]
    return value
