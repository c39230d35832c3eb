from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from plinth.images.fingerprint import Part
from plinth.oci.format.reference import Repository
from plinth.oci.testing.fake_registry import FakeRegistry
from plinth.release.compare import main
from plinth.release.make import make
from plinth.release.testing.releases import (
    documents_of,
    images,
    made_of,
    publish_images,
    registries,
    release_of,
)


@pytest.fixture
def server() -> Iterator[FakeRegistry]:
    with FakeRegistry() as server:
        yield server


def released(server: FakeRegistry, release_id: str, code: str, folder: Path) -> None:
    found = images(folder, a=code)
    publish_images(server.host, found)
    release = release_of(release_id, found)
    parts = Part("source", "a/code.tar", "a/handler.py", code)
    documents = documents_of(release, made_of(found["a"][1], parts))
    repository = Repository(server.host, "releases")
    make(release, documents, repository, (), registries(), folder / release_id)


def test_two_releases_of_a_registry_are_told_apart(
    server: FakeRegistry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    released(server, "2026-11-22.1", "one", tmp_path)
    released(server, "2026-11-23.1", "two", tmp_path)
    repository = f"{server.host}/releases"
    assert main(["--repository", repository, "2026-11-22.1", "2026-11-23.1"]) == 0
    assert capsys.readouterr().out.endswith("  file a/handler.py: changed\n")


def test_a_release_that_is_not_there_is_an_error(
    server: FakeRegistry, capsys: pytest.CaptureFixture[str]
) -> None:
    repository = f"{server.host}/releases"
    assert main(["--repository", repository, "2026-11-22.1", "2026-11-23.1"]) == 1
    assert capsys.readouterr().err == f"error: there is no release {repository}:2026-11-22.1\n"
