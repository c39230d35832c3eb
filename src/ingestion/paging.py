"""Going through a product's files in one invocation after another, each within its time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from ingestion.errors import BadEvent
from ingestion.names import DataFile
from ingestion.schemas import ProductName
from ingestion.validation import explained

_MARGIN_MILLISECONDS = 10_000


class ProductEvent(BaseModel):
    """The event of a direct invocation: the product, and where an earlier one left off.

    The answer of that one may be given as it is; what it says beside is not read.
    """

    model_config = ConfigDict(frozen=True, defer_build=True)

    product: ProductName
    since: AwareDatetime | None = None
    after: str = ""

    @classmethod
    def parse(cls, event: dict[str, Any]) -> ProductEvent:
        """The event; `BadEvent` names what is wrong."""
        try:
            return cls.model_validate(event)
        except ValidationError as error:
            raise BadEvent(f"not an event of this function: {explained(error)}") from None


@dataclass(frozen=True)
class Progress:
    """How many files were dealt with, whether they were all, and the key of the last one seen."""

    queued: int
    complete: bool
    after: str


def each_file(
    files: Iterable[DataFile], deal_with: Callable[[DataFile], bool], context: Any
) -> Progress:
    """Deals with one file after another until ten seconds before the invocation's time is up.

    `deal_with` tells whether there was anything to do.
    """
    queued, after = 0, ""
    for file in files:
        queued += deal_with(file)
        after = file.key
        if context.get_remaining_time_in_millis() < _MARGIN_MILLISECONDS:
            return Progress(queued, False, after)
    return Progress(queued, True, after)
