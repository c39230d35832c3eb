"""The guardrails as a linter of `./pants lint`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from pants.core.goals.lint import LintFilesRequest, LintResult
from pants.core.util_rules.partitions import Partitions
from pants.engine.fs import CreateDigest, Digest, FileContent
from pants.engine.rules import Get, Rule, collect_rules, rule
from pants.engine.unions import UnionRule

from plinth.code.rules import CodeAsRead
from plinth.guardrails.formats import json, sarif, text
from plinth.guardrails.judge import Verdict
from plinth.guardrails.subsystem import Guardrails
from plinth.guardrails.table import ALLOWANCES, GUARDS
from plinth.guardrails.util_rules.verdict import VerdictRequest


class GuardrailsRequest(LintFilesRequest):
    tool_subsystem: ClassVar[Any] = Guardrails


@rule
async def partition(
    request: GuardrailsRequest.PartitionRequest, options: Guardrails, as_read: CodeAsRead
) -> Partitions[str, Any]:
    """One partition for the whole repository, whatever files are named."""
    # All of it, whatever is named: an import that goes in one file leaves a requirement unused in
    # another.
    return Partitions() if options.skip or not request.files else Partitions.single_partition(".")


@rule(desc="Judging what may enter images, locks and workflows")
async def lint(request: GuardrailsRequest.Batch[str, Any], as_read: CodeAsRead) -> LintResult:
    """The verdict as a linter's result, with its reports."""
    verdict = await Get(Verdict, VerdictRequest())
    guards = (*GUARDS, ALLOWANCES)
    report = await Get(
        Digest,
        CreateDigest(
            FileContent(name, content.encode())
            for name, content in (
                ("guardrails.json", json.dump(verdict, guards)),
                ("guardrails.sarif", sarif.dump(verdict, guards)),
            )
        ),
    )
    return LintResult(
        exit_code=1 if verdict.findings else 0,
        stdout="\n".join(text.lines(verdict, guards)),
        stderr="",
        linter_name=request.tool_name,
        report=report,
    )


def rules() -> Iterable[Rule | UnionRule]:
    return [*collect_rules(), *GuardrailsRequest.rules()]
