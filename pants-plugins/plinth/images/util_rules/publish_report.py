"""`dist/publish.json`, the report of a publish: never that of an earlier command.

Pants reads BUILD files and packages before it asks us to publish, and does not ask where that
fails. First in every command it asks who wants to hear of its progress: there the report goes.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path

from pants.base.build_root import BuildRoot
from pants.core.util_rules.distdir import DistDir
from pants.engine.internals.options_parsing import _Options
from pants.engine.rules import Rule, collect_rules, rule
from pants.engine.streaming_workunit_handler import (
    WorkunitsCallbackFactory,
    WorkunitsCallbackFactoryRequest,
)
from pants.engine.unions import UnionRule

REPORT = "publish.json"
"""Its name, in `dist/`."""


class CommandBegins(WorkunitsCallbackFactoryRequest):
    """Pants calls the answer as each command begins."""


@rule
async def forget_report(
    request: CommandBegins, parsed: _Options, root: BuildRoot, dist: DistDir
) -> WorkunitsCallbackFactory:
    """Remove the report of an earlier publish as a new one begins."""
    report = root.pathlib_path / dist.relpath / REPORT
    return WorkunitsCallbackFactory(
        partial(_forget, report if "publish" in parsed.options.goals else None)
    )


def _forget(report: Path | None) -> None:
    """There is nothing to call back."""
    if report:
        report.unlink(missing_ok=True)


def rules() -> Iterable[Rule | UnionRule]:
    return [*collect_rules(), UnionRule(WorkunitsCallbackFactoryRequest, CommandBegins)]
