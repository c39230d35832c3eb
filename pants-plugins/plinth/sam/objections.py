"""What speaks against an application. Every objection names its target and field."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from plinth.sam.application import Application, Function, Route

# A star that stands for the objects of a bucket or the tables of a database, and for no more.
_ALL_BELOW = re.compile(r"arn:[^*]+[/:][^*/:]+/\*")
_FROM_ROUTES = ("Api", "HttpApi")


def objections(application: Application) -> Iterator[str]:
    """None for an application that can be deployed."""
    if not application.functions:
        yield f"{application.address}: its folder and those below have no `lambda_function`"
    yield from _names(application.functions)
    yield from _routes(application)
    yield from _invokes(application)
    for function in application.functions:
        yield from _policies(function)
        yield from _events(function)
    if application.authorizer and not application.at(application.authorizer):
        yield (
            f"{application.address}: authorizer: {application.authorizer} is none of its functions"
        )


def _names(functions: Iterable[Function]) -> Iterator[str]:
    seen: dict[str, str] = {}
    for function in functions:
        other = seen.setdefault(function.logical_id, function.address)
        if other != function.address:
            yield (
                f"{function.address}: name: it is {function.logical_id} in the template, as "
                f"{other} is. Give one of the folders another name"
            )


def _routes(application: Application) -> Iterator[str]:
    served: dict[tuple[str, str], str] = {}
    for function in application.functions:
        for route in function.routes:
            yield from _parameters(function, route)
            key = route.method, re.sub(r"{\w+}", "{}", route.path)
            other = served.setdefault(key, function.address)
            if other != function.address:
                yield f"{function.address}: handler: {route.title} is served by {other}, too"
    if application.documented is None:
        return
    ours = {(r.method, r.path): f for f in application.functions for r in f.routes}
    documented = {(route.method, route.path): route for route in application.documented}
    for key, function in sorted(ours.items(), key=lambda item: item[0]):
        if key not in documented:
            yield (
                f"{function.address}: handler: {' '.join(key)} is not in the document of "
                f"{application.address}'s `openapi`"
            )
        elif documented[key].public is not next(
            r.public for r in function.routes if (r.method, r.path) == key
        ):
            yield (
                f"{function.address}: handler: {' '.join(key)} is public in one of handler and "
                "OpenAPI document alone"
            )
    for key in sorted(documented):
        if key not in ours:
            yield (
                f"{application.address}: openapi: it has {' '.join(key)}, which no handler serves"
            )


def _parameters(function: Function, route: Route) -> Iterator[str]:
    where = f"{function.address}: handler: {route.title}"
    for name in sorted({*route.parameters} - {*route.takes}):
        yield f"{where} has the parameter {{{name}}}, which {function.handler} does not take"
    for name in sorted({*route.takes} - {*route.parameters}):
        yield f"{where} lacks the parameter {{{name}}}, which {function.handler} takes"


def _invokes(application: Application) -> Iterator[str]:
    for function in application.functions:
        for variable, address in function.invokes.items():
            where = f"{function.address}: invokes: {variable}={address}"
            if not application.at(address):
                yield f"{where} is no function of {application.address}"
            if variable in function.variables:
                yield f"{where}: the variable is among `variables`, too"
        if function.on_failure and not application.at(function.on_failure):
            yield (
                f"{function.address}: on_failure: {function.on_failure} is no function of "
                f"{application.address}"
            )
    yield from _circles(application)


def _circles(application: Application) -> Iterator[str]:
    """Functions that invoke each other: an event that starts one may then never end."""
    invokes = {f.address: sorted(set(f.invokes.values())) for f in application.functions}
    done: set[str] = set()

    def walk(address: str, way: tuple[str, ...]) -> Iterator[str]:
        if address in way:
            circle = (*way[way.index(address) :], address)
            yield f"{address}: invokes: a circle, {' › '.join(circle)}"
        elif address not in done:
            for each in invokes.get(address, ()):
                yield from walk(each, (*way, address))
            done.add(address)

    for address in invokes:
        yield from walk(address, ())


def _policies(function: Function) -> Iterator[str]:
    where = f"{function.address}: policies:"
    for policy in function.policies:
        if "Action" not in policy:
            yield from _template_policy(where, policy)
            continue
        if set(policy) - {"Effect"} != {"Action", "Resource"}:
            yield f"{where} a statement has `Action` and `Resource`, and not {sorted(policy)}"
            continue
        for action in _listed(policy["Action"]):
            if "*" in action:
                yield f"{where} the action {action!r} has a star. Name each action"
        for resource in _listed(policy["Resource"]):
            if "*" in resource and not _ALL_BELOW.fullmatch(resource):
                yield f"{where} the resource {resource!r} has a star. Name what it may touch"


def _template_policy(where: str, policy: Mapping[str, Any]) -> Iterator[str]:
    if len(policy) != 1 or not isinstance(next(iter(policy.values())), Mapping):
        yield (
            f"{where} {policy!r} is neither a statement nor one of SAM's policy templates, such as "
            '{"S3ReadPolicy": {"BucketName": "${Bucket}"}}'
        )
        return
    ((name, parameters),) = policy.items()
    for parameter, value in parameters.items():
        if "*" in str(value):
            yield f"{where} {name}'s {parameter} {value!r} has a star. Name what it may touch"


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else [str(each) for each in value]


def _events(function: Function) -> Iterator[str]:
    for name, event in function.events.items():
        where = f"{function.address}: events: {name}"
        if set(event) != {"Type", "Properties"}:
            yield f"{where} has `Type` and `Properties`, as SAM has them, and not {sorted(event)}"
        elif event["Type"] in _FROM_ROUTES:
            yield f"{where}: routes of an API are declared by the handler"
