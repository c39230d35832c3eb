from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from monorepo.scratch import UndeclaredRead, scratch_copy


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
