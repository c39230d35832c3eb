"""Why a file was refused, written beside where it is or would be in `fail/`."""

from __future__ import annotations

import json
from typing import Any

from ingestion import objects, observability, settings
from ingestion.names import DataFile
from ingestion.problems import BadCsv


def read(file: DataFile) -> dict[str, Any] | None:
    """What was written why a file was refused; None when nothing was."""
    found = objects.read(settings.data_bucket(), file.reason_key)
    return dict(json.loads(found[0])) if found else None


def write(file: DataFile, bad: BadCsv) -> None:
    """Writes `<uuid>.reason.json`: the file, and each problem's line, column and message.

    `complete` tells whether these are all problems.
    """
    reason = {
        "file": file.key,
        "problems": [
            {"line": problem.line, "column": problem.column, "message": problem.message}
            for problem in bad.problems
        ],
        "complete": bad.complete,
    }
    body = json.dumps(reason, indent=2).encode()
    objects.write(settings.data_bucket(), file.reason_key, body, "application/json")
    # The messages stay out of the log: they quote values, which may be personal data.
    observability.logger().warning("refused for %s problems", len(bad.problems))
