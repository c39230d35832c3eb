from __future__ import annotations

import os
import py_compile
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path

import pytest

import plinth.images.register
from plinth.archive.util_rules.builder import source_files
from plinth.code import loaded
from plinth.code.loaded import RecordingLoader

assert plinth.images.register  # What a backend needs is recorded.


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A module that was read, and nothing else."""
    monkeypatch.setattr(loaded, "_read", {})
    path = tmp_path / "module.py"
    path.write_text("a = 1\n")
    RecordingLoader("module", str(path)).get_code("module")
    return path


def test_every_module_is_recorded() -> None:
    files = {
        str(module.__file__)
        for name, module in sys.modules.items()
        if name.partition(".")[0] == "plinth" and module.__spec__
        # pytest reads what is named like a test.
        if isinstance(module.__spec__.loader, SourceFileLoader)
    }
    assert len(files) > 100
    assert sorted(files - loaded.recorded()) == []
    assert loaded.differing() == ()


def test_what_a_sandbox_gets_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loaded, "_read", {})
    source_files("plinth.archive.hashed")
    assert [Path(path).name for path in loaded.recorded()] == ["hashed.py"]


def test_a_file_differs_until_it_is_as_read(module: Path) -> None:
    assert loaded.differing() == ()
    module.write_text("a = 2\n")
    assert loaded.differing() == (str(module),)
    module.unlink()
    assert loaded.differing() == (str(module),)
    module.write_text("a = 1\n")
    assert loaded.differing() == ()


def test_what_was_read_in_two_states_is_never_as_read(module: Path) -> None:
    loader = RecordingLoader("module", str(module))
    module.write_text("a = 2\n")
    loader.get_data(str(module))
    for text in ("a = 1\n", "a = 2\n"):
        module.write_text(text)
        assert loaded.differing() == (str(module),)


def test_bytecode_of_other_bytes_with_the_same_time_and_size_does_not_run(module: Path) -> None:
    stat = module.stat()
    py_compile.compile(str(module))
    module.write_text("a = 2\n")
    os.utime(module, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    namespace: dict[str, int] = {}
    exec(RecordingLoader("module", str(module)).get_code("module"), namespace)
    assert namespace["a"] == 2
