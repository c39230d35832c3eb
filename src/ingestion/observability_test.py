from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from ingestion import observability
from ingestion.observability import Handler
from ingestion_testing.fixtures import Context


def _lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def _observed(work: Any) -> Handler:
    @observability.observed
    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        work()
        return {"answer": "not for the log"}

    return handler


def test_each_line_has_request_product_and_service(
    environment: None, context: Context, capsys: pytest.CaptureFixture[str]
) -> None:
    def work() -> None:
        observability.keys(product="p", table="t")
        observability.logger().info("done")

    _observed(work)({}, context)
    (line,) = _lines(capsys)
    expected = {"request_id": "request-1", "product": "p", "table": "t", "service": "under_test"}
    assert expected.items() <= line.items()


def test_keys_do_not_outlive_their_invocation(
    environment: None, context: Context, capsys: pytest.CaptureFixture[str]
) -> None:
    _observed(lambda: observability.keys(product="p"))({}, context)
    _observed(lambda: observability.logger().info("second"))({}, context)
    assert "product" not in _lines(capsys)[-1]


def test_metrics_are_written_even_when_the_handler_fails(
    environment: None, context: Context, capsys: pytest.CaptureFixture[str]
) -> None:
    def work() -> None:
        observability.count("FilesFailed", 2)
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError):
        _observed(work)({}, context)
    log, metric = _lines(capsys)
    assert (log["level"], log["exception_name"]) == ("ERROR", "RuntimeError")
    assert metric["FilesFailed"] == [2.0]
    assert metric["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "Ingestion"


def test_neither_event_nor_answer_is_logged(
    environment: None, context: Context, capsys: pytest.CaptureFixture[str]
) -> None:
    _observed(lambda: observability.logger().info("done"))({"token": "sesame"}, context)
    output = capsys.readouterr().out
    assert "sesame" not in output
    assert "not for the log" not in output


def test_a_sampled_invocation_is_traced_and_another_does_not_load_the_sdk() -> None:
    program = """
import sys
from ingestion import observability
from ingestion_testing.fixtures import Context
handler = observability.observed(lambda event, context: {"done": True})
import os
os.environ["_X_AMZN_TRACE_ID"] = sys.argv[1]
assert handler({}, Context()) == {"done": True}
print("aws_xray_sdk" in sys.modules)
"""
    for sampled, loaded in ((1, "True"), (0, "False")):
        trace = (
            f"Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled={sampled}"
        )
        done = subprocess.run(
            [sys.executable, "-c", program, trace],
            check=True,
            capture_output=True,
            text=True,
            env={"PYTHONPATH": ":".join(sys.path), "POWERTOOLS_TRACE_DISABLED": "false"},
        )
        assert done.stdout.split()[-1] == loaded
