"""Sets moto back to what it was, so that a table of faults makes its world once for all rows."""

from __future__ import annotations

from copy import deepcopy
from typing import Any
from weakref import WeakValueDictionary

from moto.awslambda.models import LambdaStorage
from moto.backends import get_backend

from delivery_testing.moto_corrections import Behaviour

# What delivery writes to, and what it is recognised by. The clients hold nothing of it.
_SERVICES = ("s3", "lambda", "kms", "iam", "sts")


class Moment:
    """All that the services hold now, in every region, and what the corrections keep of it."""

    def __init__(self, behaviour: Behaviour) -> None:
        self._behaviour = behaviour
        self._updated, self._versions = dict(behaviour.updated), dict(behaviour.versions)
        self._kept = _copied({key: backend.__dict__ for key, backend in _backends()})

    def restore(self) -> None:
        """The services hold again what they held then, as often as one likes."""
        self._behaviour.updated = dict(self._updated)
        self._behaviour.versions = dict(self._versions)
        state = _copied(self._kept)
        for key, backend in _backends():
            if key not in state:
                # Made since then.
                backend.reset()
                continue
            backend.__dict__.clear()
            backend.__dict__.update(state[key])


def _backends() -> list[tuple[tuple[str, str, str], Any]]:
    return [
        ((service, account, region), backend)
        for service in _SERVICES
        for account, regions in get_backend(service).items()  # type: ignore[call-overload]
        for region, backend in regions.items()
    ]


def _copied(state: dict[Any, dict[str, Any]]) -> dict[Any, dict[str, Any]]:
    copy = deepcopy(state)
    for each in copy.values():
        for value in each.values():
            if isinstance(value, LambdaStorage):
                _point_to_own_functions(value)
    return copy


def _point_to_own_functions(storage: LambdaStorage) -> None:
    """A copy of weak references still refers to the functions that were copied."""
    functions = [
        version
        for each in storage._functions.values()
        for version in (each["latest"], *each["versions"])
    ]
    storage._arns = WeakValueDictionary({each.function_arn: each for each in functions})
