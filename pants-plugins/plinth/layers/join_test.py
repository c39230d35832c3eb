from __future__ import annotations

from pathlib import Path

import pytest

from plinth.archive.tar import DIRECTORY, Entry, read_tar, with_parents, write_tar
from plinth.layers.join import main


def tar_of(path: Path, *entries: Entry) -> str:
    with path.open("wb") as out:
        write_tar(with_parents(entries), out)
    return str(path)


def test_two_layers_become_one(tmp_path: Path) -> None:
    one = tar_of(tmp_path / "one.tar", Entry("var/task/a.py", content=b"a"))
    two = tar_of(tmp_path / "two.tar", Entry("var/task/b/c.so", mode=0o755, content=b"c"))
    out = tmp_path / "out.tar"
    assert main([one, two, str(out)]) == 0
    with out.open("rb") as source:
        assert [(e.path, e.mode, e.content) for e in read_tar(source) if e.kind != DIRECTORY] == [
            ("var/task/a.py", 0o644, b"a"),
            ("var/task/b/c.so", 0o755, b"c"),
        ]
    swapped = tmp_path / "swapped.tar"
    assert main([two, one, str(swapped)]) == 0
    assert swapped.read_bytes() == out.read_bytes()


def test_one_path_in_both_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = tar_of(tmp_path / "one.tar", Entry("var/task/a.py", content=b"a"))
    two = tar_of(tmp_path / "two.tar", Entry("var/task/a.py", content=b"b"))
    assert main([one, two, str(tmp_path / "out.tar")]) == 1
    assert "var/task/a.py" in capsys.readouterr().err
