"""The same work on many functions at once; what fails does not stop the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

from delivery.core.errors import AwsError, DeliveryError
from delivery.edges.aws import CONNECTIONS

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class Results(Generic[T, R]):
    """What came of each; `failed` holds why by item, in the order of the items."""

    done: tuple[tuple[T, R], ...]
    failed: tuple[tuple[T, DeliveryError], ...]

    def must(self) -> tuple[R, ...]:
        """All results. Raises the first failure."""
        for _, error in self.failed:
            raise error
        return tuple(result for _, result in self.done)


def side_by_side(items: Iterable[T], work: Callable[[T], R]) -> Results[T, R]:
    """Do `work` on each. After an interrupt nothing more is begun; what runs comes to its end."""
    items = tuple(items)
    done: list[tuple[T, R]] = []
    failed: list[tuple[T, DeliveryError]] = []
    pool = ThreadPoolExecutor(min(CONNECTIONS, max(1, len(items))))
    try:
        futures: list[tuple[T, Future[R]]] = [(each, pool.submit(work, each)) for each in items]
        for item, future in futures:
            try:
                done.append((item, future.result()))
            except DeliveryError as error:
                failed.append((item, error))
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    return Results(tuple(done), tuple(failed))


def summary(failed: Iterable[tuple[str, DeliveryError]]) -> str:
    """`authorizer: …; docs: …`."""
    return "; ".join(f"{name}: {error}" for name, error in failed)


def failure(what: str, failed: Iterable[tuple[str, DeliveryError]]) -> AwsError:
    """One error of several."""
    lines = [f"  {name}: {error}" for name, error in failed]
    return AwsError("\n".join([what, *lines]))
