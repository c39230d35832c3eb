"""One commit gives one digest on every disk on which git calls its tree clean."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from plinth.images.testing.repository import REPOSITORY, Repository

SPECS = ("base:image", "lambdas/app:image")
ATTRIBUTES = {".gitattributes": "* text=auto eol=lf\n"}


@pytest.fixture(scope="module")
def shared() -> Repository:
    repository = Repository()
    repository.write(REPOSITORY)
    repository.write(ATTRIBUTES)
    repository.path("lambdas/app/data/in/a.txt").chmod(0o755)
    repository.start_git()
    return repository


@pytest.fixture
def repository(shared: Repository) -> Repository:
    """As it is checked out first."""
    shared.path(".git/info/attributes").unlink(missing_ok=True)
    shared.git("config", "core.fileMode", "true")
    shared.git("rm", "-r", "--quiet", "--cached", ".")
    shared.git("reset", "--quiet", "--hard", "HEAD")
    heard(shared)
    return shared


def heard(repository: Repository) -> None:
    """A new run, which has heard of what happened to the files."""
    repository.options()
    repository.runner.scheduler.invalidate_all_files()


def everything_is_executable(repository: Repository) -> None:
    """As on a disk without execute bits."""
    repository.git("config", "core.fileMode", "false")
    for path in REPOSITORY:
        repository.path(path).chmod(0o777)


def nothing_is_executable(repository: Repository) -> None:
    repository.git("config", "core.fileMode", "false")
    for path in REPOSITORY:
        repository.path(path).chmod(0o666)


def carriage_returns(repository: Repository) -> None:
    """As a Windows editor writes, and `git add` takes back."""
    for path, text in REPOSITORY.items():
        repository.path(path).write_bytes(text.replace("\n", "\r\n").encode())
    repository.git("add", "--all")


def info_attributes(repository: Repository) -> None:
    repository.path(".git/info").mkdir(exist_ok=True)
    repository.path(".git/info/attributes").write_text("* text eol=crlf\n")
    for path in REPOSITORY:
        repository.path(path).unlink()
    repository.git("checkout", "--", ".")
    assert b"\r\n" in repository.path("lambdas/app/handler.py").read_bytes()


def made(repository: Repository) -> dict[str, tuple[str, str]]:
    return {spec: (repository.fingerprint(spec).value, repository.digest(spec)) for spec in SPECS}


@pytest.mark.parametrize(
    "spoil",
    [everything_is_executable, nothing_is_executable, carriage_returns, info_attributes],
    ids=lambda spoil: spoil.__name__,
)
def test_a_clean_tree_gives_the_same_images(
    repository: Repository, spoil: Callable[[Repository], None]
) -> None:
    before = made(repository)
    spoil(repository)
    assert repository.git("status", "--porcelain") == ""
    heard(repository)
    assert made(repository) == before


@pytest.mark.parametrize("path", ["lambdas/app/handler.py", "lambdas/app/data/in/a.txt"])
def test_an_edit_counts_all_the_same(repository: Repository, path: str) -> None:
    before = made(repository)["lambdas/app:image"]
    everything_is_executable(repository)
    carriage_returns(repository)
    file = repository.path(path)
    file.write_bytes(file.read_bytes() + b"# more\r\n")
    heard(repository)
    assert made(repository)["lambdas/app:image"] != before


def test_an_execute_bit_in_the_index_counts(repository: Repository) -> None:
    before = made(repository)["lambdas/app:image"]
    everything_is_executable(repository)
    repository.git("update-index", "--chmod=+x", "lambdas/app/handler.py")
    heard(repository)
    assert made(repository)["lambdas/app:image"] != before
