from __future__ import annotations

import io
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from containers.errors import HarnessError
from containers.event import read_event


def test_an_event_is_any_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "event.json"
    file.write_text('\ufeff{"a": [1, "é"]}')
    assert read_event(str(file)) == {"a": [1, "é"]}
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"null")))
    assert read_event("-") is None


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b'{"a": 1,\n "b" 2}', r"event\.json:2:6: the event is no JSON"),
        (b"", r"event\.json:1:1: the event is no JSON"),
        (b'{"a": NaN}', "NaN is not in it"),
        (b"\xff\xfe", "is no JSON.*decode"),
    ],
)
def test_what_is_no_json_names_its_place(tmp_path: Path, content: bytes, says: str) -> None:
    file = tmp_path / "event.json"
    file.write_bytes(content)
    with pytest.raises(HarnessError, match=says):
        read_event(str(file))


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match="no event in .*none.json: No such file"):
        read_event(str(tmp_path / "none.json"))
