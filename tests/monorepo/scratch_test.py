from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from monorepo.scratch import Scratch, UndeclaredRead, scratch_copy


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    repository = tmp_path / "original"
    repository.mkdir()
    subprocess.run(("git", "init", "--quiet"), cwd=repository, check=True)
    (repository / "undeclared.txt").write_text("text\n")
    # As this test's own sandbox has it.
    declared = repository / "tests/monorepo/scratch_test.py"
    declared.parent.mkdir(parents=True)
    declared.write_text("code\n")
    monkeypatch.setenv("PLINTH_REPOSITORY", str(repository))
    return scratch_copy(tmp_path).root


def test_what_the_sandbox_lacks_may_not_be_read(copy: Path) -> None:
    with pytest.raises(UndeclaredRead, match=r"undeclared\.txt of the repository"):
        (copy / "undeclared.txt").read_text()


def test_what_the_sandbox_has_may_be_read(copy: Path) -> None:
    assert (copy / "tests/monorepo/scratch_test.py").read_text() == "code\n"


def test_what_the_test_writes_itself_may_be_read(copy: Path) -> None:
    (copy / "new.txt").write_text("new\n")
    assert (copy / "new.txt").read_text() == "new\n"
    (copy / "undeclared.txt").write_text("written, and not read\n")


def test_a_folder_may_not_be_listed_of_which_the_sandbox_lacks_a_file(copy: Path) -> None:
    for listed in (os.listdir, os.scandir, lambda folder: list(Path(folder).glob("*.txt"))):
        with pytest.raises(UndeclaredRead, match=r"lists a folder with undeclared\.txt"):
            listed(str(copy))
    (copy / "tests/monorepo/new.txt").write_text("new\n")
    assert os.listdir(copy / "tests") == ["monorepo"]
    assert sorted(os.listdir(copy / "tests/monorepo")) == ["new.txt", "scratch_test.py"]


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone reports what programs open")
def test_a_program_may_not_read_either_what_the_sandbox_lacks(copy: Path) -> None:
    scratch = Scratch(copy)
    scratch.program("cat", "tests/monorepo/scratch_test.py", timeout=60)
    with pytest.raises(UndeclaredRead, match=r"runs cat, which reads undeclared\.txt"):
        scratch.program("cat", "undeclared.txt", timeout=60)
