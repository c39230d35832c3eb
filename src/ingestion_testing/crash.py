"""Stops what runs at one of its writes to AWS, as if its process had been killed there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ingestion import aws, parallel
from ingestion_testing import fixtures

_READS = ("Get", "Head", "List", "BatchGet")
_SERVICES = ("s3", "glue", "lambda")


class Crash(BaseException):
    """The process is gone. No `except Exception` sees it, and no call after it reaches AWS."""


class _Crasher:
    """Counts writes and stops at one: an even step is before a write, an odd one after it."""

    def __init__(self, step: int) -> None:
        self._step = step
        self._writes = 0
        self.has_crashed = False

    def before(self, model: Any, **_: Any) -> None:
        if self.has_crashed:
            raise Crash
        if not model.name.startswith(_READS):
            self._crash_at(2 * self._writes)
            self._writes += 1

    def after(self, model: Any, **_: Any) -> None:
        if not model.name.startswith(_READS):
            self._crash_at(2 * self._writes - 1)

    def _crash_at(self, step: int) -> None:
        if step == self._step:
            self.has_crashed = True
            raise Crash


@contextmanager
def crashing(step: int) -> Iterator[_Crasher]:
    """What is inside stops at the step: an even one is before a write, an odd one after it."""
    crasher = _Crasher(step)
    at_once, parallel.AT_ONCE = parallel.AT_ONCE, 1
    events = [aws.client(service).meta.events for service in _SERVICES]
    for emitter in events:
        emitter.register("before-call", crasher.before)
        emitter.register("after-call", crasher.after)
    try:
        yield crasher
    except Crash:
        pass
    finally:
        parallel.AT_ONCE = at_once
        for emitter in events:
            emitter.unregister("before-call", crasher.before)
            emitter.unregister("after-call", crasher.after)


def at_every_write(
    prepare: Callable[[], None], run: Callable[[], object], check: Callable[[], None]
) -> int:
    """Prepares a fresh AWS, runs until the first step, checks; then until the second, and so on.

    Gives the number of crashes, when a run has come to its end without one.
    """
    for step in range(1000):
        with fixtures.world():
            prepare()
            with crashing(step) as crasher:
                run()
            check()
        if not crasher.has_crashed:
            return step
    raise AssertionError("the run never comes to its end")
