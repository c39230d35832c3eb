from __future__ import annotations

from typing import Any

import pytest

from tools.support import load

verdict = load("verdict", "ci")


def job(result: str, **outputs: str) -> dict[str, Any]:
    return {"result": result, "outputs": outputs}


def test_it_passes_when_all_passed_or_had_nothing_to_do() -> None:
    assert not [*verdict.failures({"build": job("success"), "shards": job("skipped")})]
    assert not [*verdict.failures({"build": job("success"), "shards": job("success")})]


@pytest.mark.parametrize("result", ["failure", "cancelled", "skipped", "anything"])
def test_it_fails_when_what_was_planned_did_not_pass(result: str) -> None:
    needs = {"build": job("success", shards='{"include": []}'), "shards": job(result)}

    assert [*verdict.failures(needs)] == [f"shards: {result}"]


def test_it_fails_when_the_first_job_did_and_the_rest_was_skipped() -> None:
    needs = {"build": job("failure"), "shards": job("skipped")}

    assert "build: failure" in [*verdict.failures(needs)]


@pytest.mark.parametrize("needs", [{}, {"build": job("skipped"), "shards": job("skipped")}])
def test_no_job_is_no_pass(needs: dict[str, Any]) -> None:
    assert [*verdict.failures(needs)]
