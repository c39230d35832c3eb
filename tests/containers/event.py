"""An event from a file: what a lambda is invoked with."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, NoReturn

from containers.errors import HarnessError


def read_event(name: str) -> Any:
    """The JSON in the file, or on standard input for `-`.

    Raises `HarnessError`, naming file, line and column, for what no sender could have sent.
    """
    where = "standard input" if name == "-" else name
    try:
        content = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        return json.loads(content.decode("utf-8-sig"), parse_constant=_no_constant)
    except OSError as error:
        raise HarnessError(f"no event in {where}: {error.strerror}") from error
    except json.JSONDecodeError as error:
        raise HarnessError(
            f"{where}:{error.lineno}:{error.colno}: the event is no JSON: {error.msg}"
        ) from error
    except ValueError as error:
        raise HarnessError(f"{where}: the event is no JSON: {error}") from error


def sample(test_file: str, name: str) -> Any:
    """The sample event of that name in `events/`, beside a lambda's test."""
    return read_event(str(Path(test_file).parent / "events" / f"{name}.json"))


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not in it")
