"""Stops a command before or after one of its AWS calls, as if its process had been killed there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Lock
from typing import Any
from unittest.mock import patch

from botocore.client import BaseClient


class Crash(BaseException):
    """The process is gone. No `except Exception` sees it, and no call after it reaches AWS."""


@dataclass
class Calls:
    """The calls of a command, in order, and where it is stopped.

    An even step is before a call, an odd one after it; `at` is before the first call of an
    operation; neither lets it run. `error` is raised by the call instead of a crash: then the
    command goes on; with `lasting`, each later call of that operation raises it too. `reached`
    says that the command came as far as that.
    """

    step: int | None = None
    error: Exception | None = None
    at: str | None = None
    lasting: bool = False
    made: list[str] = field(default_factory=list)
    crashed: bool = False
    reached: bool = False
    _lock: Lock = field(default_factory=Lock)

    def begin(self, operation: str) -> int:
        with self._lock:
            if self.crashed:
                raise Crash
            self.made.append(operation)
            number = len(self.made) - 1
            if operation == self.at or (self.lasting and self._is_later(number)):
                self.step = 2 * number
        self._stop(2 * number)
        return number

    def end(self, number: int) -> None:
        self._stop(2 * number + 1)

    def _is_later(self, number: int) -> bool:
        return self.reached and self.made[number] == self.made[(self.step or 0) // 2]

    def _stop(self, step: int) -> None:
        if step != self.step:
            return
        self.reached = True
        if self.error is not None:
            raise self.error
        self.crashed = True
        raise Crash


@contextmanager
def counted(
    step: int | None = None,
    error: Exception | None = None,
    at: str | None = None,
    lasting: bool = False,
) -> Iterator[Calls]:
    """Counts the calls inside, and stops at `step` or `at`. The crash ends the block."""
    calls = Calls(step, error, at, lasting)
    original = BaseClient._make_api_call

    def call(self: Any, operation: str, arguments: Any) -> Any:
        number = calls.begin(operation)
        answer = original(self, operation, arguments)
        calls.end(number)
        return answer

    with patch.object(BaseClient, "_make_api_call", call), suppress(Crash):
        yield calls


@contextmanager
def one_after_the_other() -> Iterator[None]:
    """No work of a pool is done beside other work, so that a step is the same call each time."""

    def submit(
        _pool: ThreadPoolExecutor, work: Callable[..., Any], /, *arguments: Any, **named: Any
    ) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(work(*arguments, **named))
        except BaseException as error:
            future.set_exception(error)
        return future

    with patch.object(ThreadPoolExecutor, "submit", submit):
        yield
