"""A SAM template as the stack that it makes: its functions, its API, and the rules of its events.

Of CloudFormation it knows `Ref`, `Fn::Sub` and the parameters, which is all that the template has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pipeline.deliveries import Rule
from pipeline.gateway import Api, Route

NAME = "local"
ALIAS = "live"
# What AWS gives every stack; `NAME` stands before the name of each function.
_PSEUDO = {
    "AWS::StackName": NAME,
    "AWS::Region": "eu-west-2",
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
}


@dataclass(frozen=True)
class StackFunction:
    """A function as the stack has it; `name` is without the stack's."""

    name: str
    memory_mb: int
    timeout_seconds: int
    variables: Mapping[str, str]


@dataclass(frozen=True)
class Stack:
    """What a template makes with its parameters. `functions` are by name."""

    functions: Mapping[str, StackFunction]
    api: Api
    rules: tuple[Rule, ...]


def read_stack_of(template: Path, parameters: Mapping[str, str]) -> Stack:
    """The stack of a template; `KeyError` for a parameter that is not given."""
    return _Reader(yaml.safe_load(template.read_text()), {**_PSEUDO, **parameters}).stack()


class _Reader:
    def __init__(self, template: Mapping[str, Any], values: Mapping[str, str]) -> None:
        self._resources = template["Resources"]
        self._values = values
        self._functions = {
            logical: each["Properties"]
            for logical, each in self._resources.items()
            if each["Type"] == "AWS::Serverless::Function"
        }

    def stack(self) -> Stack:
        functions = [self._function(logical) for logical in self._functions]
        return Stack(
            functions={function.name: function for function in functions},
            api=Api(tuple(self._routes()), self._authorizer()),
            rules=tuple(self._rules()),
        )

    def _function(self, logical: str) -> StackFunction:
        properties = self._functions[logical]
        variables = properties.get("Environment", {}).get("Variables", {})
        return StackFunction(
            name=self._name(logical),
            memory_mb=properties["MemorySize"],
            timeout_seconds=properties["Timeout"],
            variables={name: self._text(value) for name, value in variables.items()},
        )

    def _name(self, logical: str) -> str:
        return self._text(self._functions[logical]["FunctionName"]).removeprefix(f"{NAME}-")

    def _events(self, kind: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for logical, properties in self._functions.items():
            for event in properties.get("Events", {}).values():
                if event["Type"] == kind:
                    yield self._name(logical), event["Properties"]

    def _routes(self) -> Iterator[Route]:
        for name, event in self._events("Api"):
            public = event.get("Auth", {}).get("Authorizer") == "NONE"
            yield Route(event["Method"].upper(), event["Path"], name, public)

    def _authorizer(self) -> str:
        auth = self._resources["Api"]["Properties"]["Auth"]
        function = auth["Authorizers"][auth["DefaultAuthorizer"]]["FunctionArn"]["Ref"]
        return self._name(function.removesuffix(".Alias"))

    def _rules(self) -> Iterator[Rule]:
        for name, event in self._events("EventBridgeRule"):
            detail = event["Pattern"]["detail"]
            (bucket,), (key,) = detail["bucket"]["name"], detail["object"]["key"]
            yield Rule(self._text(bucket), key["prefix"], name)

    def _text(self, value: Any) -> str:
        if isinstance(value, str):
            return value
        if "Ref" in value:
            return self._values[value["Ref"]]
        return re.sub(r"\$\{([\w:]+)\}", lambda found: self._values[found[1]], value["Fn::Sub"])
