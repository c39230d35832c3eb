"""Does something else in the middle of what runs: just before one of its calls to AWS."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ingestion import aws, parallel

_SERVICES = ("s3", "glue", "lambda")


class Interposed:
    """Counts calls, and before one of them does the other thing, once, whose calls do not count."""

    def __init__(self, step: int, other: Callable[[], None]) -> None:
        self._step = step
        self._other = other
        self._calls = 0
        self._is_busy = False
        self.call: str | None = None

    def before(self, model: Any, **_: Any) -> None:
        if self._is_busy:
            return
        if self._calls == self._step:
            self._is_busy = True
            self._other()
            self._is_busy = False
            self.call = model.name
        self._calls += 1


@contextmanager
def before_call(step: int, other: Callable[[], None]) -> Iterator[Interposed]:
    """Within the block, the other thing is done before the call of this number, from 0.

    `call` is that call's name then; None when there were not so many.
    """
    interposed = Interposed(step, other)
    events = [aws.client(service).meta.events for service in _SERVICES]
    at_once, parallel.AT_ONCE = parallel.AT_ONCE, 1
    for emitter in events:
        emitter.register("before-call", interposed.before)
    try:
        yield interposed
    finally:
        parallel.AT_ONCE = at_once
        for emitter in events:
            emitter.unregister("before-call", interposed.before)
