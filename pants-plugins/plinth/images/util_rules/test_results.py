"""Whether the tests of a target pass, asked for as `./pants test` does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from xml.etree import ElementTree

from pants.core.goals.test import TestRequest, TestResult
from pants.core.util_rules.partitions import Partitions
from pants.engine.engine_aware import EngineAwareParameter
from pants.engine.fs import Digest, DigestContents
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.target import Target
from pants.engine.unions import UnionMembership, UnionRule
from pants.util.logging import LogLevel


async def _results(test: Target, kinds: Iterable[type[TestRequest]]) -> list[TestResult]:
    """The test's results as the `test` goal asks for them, so that a cached one is found."""
    fitting = [kind for kind in kinds if kind.field_set_type.is_applicable(test)]
    partitions = await MultiGet(
        Get(
            Partitions,
            TestRequest.PartitionRequest,
            kind.PartitionRequest((kind.field_set_type.create(test),)),
        )
        for kind in fitting
    )
    results = await MultiGet(
        Get(
            TestResult,
            TestRequest.Batch,
            kind.Batch(kind.tool_name, tuple(partition.elements), partition.metadata),
        )
        for kind, found in zip(fitting, partitions)
        for partition in found
    )
    return list(results)


async def _ran(result: TestResult) -> bool:
    """Whether any test of a successful run was not skipped."""
    if result.xml_results is None:
        return True
    files = await Get(DigestContents, Digest, result.xml_results.digest)
    return any(ran_any(file.content) for file in files)


def ran_any(xml: bytes) -> bool:
    """Whether a JUnit report tells of a test that was not skipped."""
    suites = ElementTree.fromstring(xml).iter("testsuite")
    return any(int(suite.get("tests", 0)) > int(suite.get("skipped", 0)) for suite in suites)


@dataclass(frozen=True)
class PassedRequest(EngineAwareParameter):
    """Did the tests of a target pass?"""

    test: Target

    def debug_hint(self) -> str:
        return self.test.address.spec


@dataclass(frozen=True)
class Passed:
    """`problem` says why they do not vouch for what they test; it is empty if they do."""

    problem: str


@rule(desc="Asking whether tests passed", level=LogLevel.DEBUG)
async def whether_passed(request: PassedRequest, members: UnionMembership) -> Passed:
    """Whether a test passed, and ran at all: by Pants' own results, from its cache where it can."""
    address = request.test.address
    results = await _results(request.test, members.get(TestRequest))
    again = f"See `./pants test {address}`"
    if not any(result.exit_code is not None for result in results):
        return Passed(f"{address} ran no tests. {again}")
    for result in results:
        if result.exit_code:
            return Passed(f"{address} failed. {again}")
        if not await _ran(result):
            return Passed(f"{address} skipped all of its tests. {again}")
    return Passed("")


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
