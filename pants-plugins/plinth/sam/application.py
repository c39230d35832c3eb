"""What an application is, as values: its functions, their facts and their routes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


def path_parameters(path: str) -> tuple[str, ...]:
    """The parameters in a path; API Gateway's `{name+}` takes the rest of one."""
    return tuple(re.findall(r"{(\w+)\+?}", path))


@dataclass(frozen=True)
class Route:
    """A method of a path that a function serves.

    `path` has its parameters in braces; `takes` are those that the handler takes. Whoever may ask
    without the authorizer's consent may ask for what is `public`.
    """

    method: str
    path: str
    takes: tuple[str, ...] = ()
    public: bool = False

    @property
    def title(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def parameters(self) -> tuple[str, ...]:
        """Those in the path."""
        return path_parameters(self.path)


@dataclass(frozen=True)
class Function:
    """A Lambda function. What its fields mean, `./pants help lambda_configuration` says.

    `address` is its target's, `image` that of its image, `invokes` are addresses of functions by
    the variable that gets their name.
    """

    address: str
    image: str
    handler: str
    memory: int = 512
    timeout: int = 30
    variables: Mapping[str, str] = field(default_factory=dict)
    invokes: Mapping[str, str] = field(default_factory=dict)
    policies: tuple[Mapping[str, Any], ...] = ()
    events: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    on_failure: str | None = None
    routes: tuple[Route, ...] = ()

    @property
    def name(self) -> str:
        """What the stack, tests and delivery call it: its folder's name."""
        return self.address.partition(":")[0].rpartition("/")[2]

    @property
    def logical_id(self) -> str:
        """Its name in the template: `create_metadata` is `CreateMetadataFunction`."""
        words = re.findall(r"[A-Za-z0-9]+", self.name)
        return "".join(f"{word[0].upper()}{word[1:]}" for word in words) + "Function"


@dataclass(frozen=True)
class Application:
    """Functions that are deployed together, and the API that calls them.

    `authorizer` is the address of the function that lets callers in; its answers are kept for
    `authorizer_seconds`. `documented` are the OpenAPI document's routes; None without one.
    """

    address: str
    functions: tuple[Function, ...]
    authorizer: str | None = None
    authorizer_seconds: int = 30
    stage: str = "v1"
    deployment: str = "AllAtOnce"
    documented: tuple[Route, ...] | None = None

    def at(self, address: str) -> Function | None:
        return next((each for each in self.functions if each.address == address), None)

    @property
    def parameters(self) -> Mapping[str, tuple[str, ...]]:
        """The template's own parameters, each with the functions that use it."""
        used: dict[str, list[str]] = {}
        for function in self.functions:
            for name in sorted(
                set(
                    _placeholders([function.variables, *function.policies])
                    + _placeholders(function.events)
                )
            ):
                used.setdefault(name, []).append(function.name)
        return {name: tuple(users) for name, users in sorted(used.items())}


def _placeholders(value: Any) -> list[str]:
    """The names of `${Name}` in all texts of a value, but for AWS's own, `${AWS::Region}`."""
    if isinstance(value, str):
        return re.findall(r"\$\{(\w+)\}", value)
    if isinstance(value, Mapping):
        return [name for each in value.items() for name in _placeholders(each)]
    if isinstance(value, (list, tuple)):
        return [name for each in value for name in _placeholders(each)]
    return []
