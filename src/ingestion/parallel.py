"""Doing the same to many things at once, where each is a request or two to AWS."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Thing = TypeVar("Thing")
Result = TypeVar("Result")

AT_ONCE = 10
"""As many as an AWS client keeps connections."""


def each(do: Callable[[Thing], Result], things: Iterable[Thing]) -> list[Result]:
    """The results in the order of the things; the first failure is raised once all have ended."""
    todo = list(things)
    if len(todo) < 2 or AT_ONCE == 1:
        return [do(thing) for thing in todo]
    with ThreadPoolExecutor(min(AT_ONCE, len(todo)), thread_name_prefix="parallel") as pool:
        return list(pool.map(do, todo))
