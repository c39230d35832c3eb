"""How a command ends: by an exit code, and with `--json` by a document, also when it fails."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from delivery.cli import inspection
from delivery.cli.app import DONE, FAILED, INTERRUPTED, USAGE, run


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--help"], DONE),
        (["status", "--help"], DONE),
        (["status", "--no-such-option"], USAGE),
        (["no-such-command"], USAGE),
    ],
)
def test_the_exit_code(arguments: list[str], code: int) -> None:
    assert run(arguments) == code


def test_a_failure_is_a_document_with_json(tmp_path: Path, capsys: Any) -> None:
    assert run(["--config", str(tmp_path / "no.toml"), "status", "--json"]) == FAILED
    printed = capsys.readouterr()
    assert "no.toml cannot be read" in json.loads(printed.out)["error"]
    assert printed.err.startswith("delivery: ")


def test_an_interrupt_names_the_next_command(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("delivery.cli.app.load", interrupted)
    assert inspection.status.name == "status"
    assert run(["status"]) == INTERRUPTED
    assert "delivery resume ENV" in capsys.readouterr().err
