"""What AWS has to deliver: EventBridge's events of new objects, and functions that were started."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from containers import pipeline
from ingestion_testing import samples
from ingestion_testing.recorder import Recorder

# With the names of stack and alias, which a function of a stack has.
_STARTED = re.compile(r"/2015-03-31/functions/(?:local-)?(\w+?)(?:(?::|%3A)live)?/invocations")


@dataclass(frozen=True)
class Rule:
    """An EventBridge rule: objects created in a bucket, under a prefix, are a function's."""

    bucket: str
    prefix: str
    function: str


RULES = (
    Rule(pipeline.SETTINGS["LANDING_BUCKET"], "landing/", "landing_to_raw"),
    Rule(pipeline.SETTINGS["DATA_BUCKET"], "raw/", "curated_load"),
)


@dataclass(frozen=True)
class Delivery:
    """An event for a function."""

    function: str
    event: Any


class Deliveries:
    """Tells what is to be delivered by looking: at the buckets, and at what Lambda was asked."""

    def __init__(self, s3: Any, functions: Recorder, rules: Iterable[Rule] = RULES) -> None:
        self._s3 = s3
        self._rules = tuple(rules)
        self._functions = functions
        self._objects: set[tuple[Any, ...]] = set()
        self._started = 0

    def due(self) -> tuple[Delivery, ...]:
        """What has come up since this was last asked, each thing once, objects by their keys."""
        return (*self._created(), *self._asked())

    def _created(self) -> Iterator[Delivery]:
        for rule in self._rules:
            pages = self._s3.get_paginator("list_objects_v2").paginate(
                Bucket=rule.bucket, Prefix=rule.prefix
            )
            for entry in (entry for page in pages for entry in page.get("Contents", ())):
                version = (rule.bucket, entry["Key"], entry["ETag"], entry["LastModified"])
                if version not in self._objects:
                    self._objects.add(version)
                    event = samples.object_created(rule.bucket, entry["Key"])
                    yield Delivery(rule.function, event)

    def _asked(self) -> Iterator[Delivery]:
        asked = self._functions.asked[self._started :]
        self._started += len(asked)
        for request in asked:
            match = _STARTED.fullmatch(request.path)
            assert match, request
            yield Delivery(match[1], request.body)
