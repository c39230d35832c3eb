from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from plinth.oci.errors import OciError
from plinth.oci.format.reference import Repository
from plinth.oci.testing.fake_registry import Answer, FakeRegistry, Request, error
from plinth.release.artefact import RECORD, Document, find_documents, find_release, sbom_name
from plinth.release.errors import ReleaseError
from plinth.release.make import main, make
from plinth.release.record import Release
from plinth.release.testing.releases import (
    SBOM,
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


@pytest.fixture
def release(server: FakeRegistry, tmp_path: Path) -> Release:
    """A release of two images that are published."""
    found = images(tmp_path, a="code of a", b="code of b")
    publish_images(server.host, found)
    return release_of("2026-11-22.2", found)


def made(
    server: FakeRegistry,
    release: Release,
    folder: Path,
    ancestors: tuple[str, ...] = (),
    documents: list[Document] | None = None,
) -> str:
    repository = Repository(server.host, "releases")
    documents = documents_of(release) if documents is None else documents
    return make(release, documents, repository, ancestors, registries(), folder)


def stored(server: FakeRegistry, release_id: str) -> Release | None:
    return find_release(registries().connect(server.host), "releases", release_id)


def test_a_release_is_in_the_registry_with_its_documents(
    server: FakeRegistry, release: Release, tmp_path: Path
) -> None:
    told = made(server, release, tmp_path / "out")
    assert told.startswith(f"release 2026-11-22.2 made: {server.host}/releases@sha256:")
    assert stored(server, release.id) == release
    found = find_documents(registries().connect(server.host), "releases", release.id)
    assert found is not None
    assert found[RECORD] == release.dump()
    assert found[sbom_name("a")] == SBOM


def test_the_same_release_again_changes_nothing(
    server: FakeRegistry, release: Release, tmp_path: Path
) -> None:
    made(server, release, tmp_path / "one")
    before = dict(server.manifests)
    told = made(server, release, tmp_path / "two")
    assert " is there already: " in told
    assert server.manifests == before


def test_another_record_under_the_id_is_never_replaced(
    server: FakeRegistry, release: Release, tmp_path: Path
) -> None:
    made(server, release, tmp_path / "one")
    with pytest.raises(ReleaseError, match="a record is never changed"):
        made(server, replace(release, commit="0" * 40), tmp_path / "two")
    assert stored(server, release.id) == release


def test_no_record_names_an_image_that_cannot_be_pulled(
    server: FakeRegistry, release: Release, tmp_path: Path
) -> None:
    for path, digest in list(server.blobs):
        content = server.blobs.pop((path, digest))
        (image,) = (each for each in release.images if each.repository == path)
        wrong = f"/{path}:{image.tag} cannot be pulled, for the registry has lost: {digest[:19]}"
        with pytest.raises(ReleaseError, match=wrong) as raised:
            made(server, release, tmp_path / digest)
        assert str(raised.value).endswith(f"Run `./pants publish {image.address}` first.")
        server.blobs[path, digest] = content
    assert not any(path == "releases" for path, _ in server.manifests)
    made(server, release, tmp_path / "out")


@pytest.mark.parametrize("what", ["absent", "another"])
def test_no_record_names_an_image_that_is_not_there(
    server: FakeRegistry, release: Release, tmp_path: Path, what: str
) -> None:
    a, b = release.images
    key = (b.repository, b.tag)
    if what == "absent":
        del server.manifests[key]
    else:
        server.manifests[key] = server.manifests[a.repository, a.tag]
    wrong = f"(?s){server.host}/b:{b.tag} is .*pants publish"
    with pytest.raises(ReleaseError, match=wrong) as raised:
        made(server, release, tmp_path / "out")
    assert ("is not there" in str(raised.value)) == (what == "absent")
    assert not any(path == "releases" for path, _ in server.manifests)


def test_what_the_nearest_release_before_has_too_is_told(
    server: FakeRegistry, tmp_path: Path
) -> None:
    codes = ({"a": "1", "b": "1"}, {"a": "2", "b": "1"})
    ids = ("2026-11-20.1", "2026-11-22.1")
    told = []
    for number, each in enumerate(codes):
        found = images(tmp_path, **each)
        publish_images(server.host, found)
        ancestors = ("2026-11-21.9", *ids[:number])
        told.append(made(server, release_of(ids[number], found), tmp_path / str(number), ancestors))
    assert "images as in" not in told[0]
    assert told[1].endswith("; 1 of 2 images as in 2026-11-20.1")


def test_a_record_does_not_depend_on_when_it_is_made(server: FakeRegistry, tmp_path: Path) -> None:
    releases = []
    ids = ("2026-11-20.1", "2026-11-21.1", "2026-11-22.1")
    for number, each in enumerate(ids):
        found = images(tmp_path, a=str(number), b="the same")
        publish_images(server.host, found)
        previous = ids[number - 1] if number else None
        releases.append(replace(release_of(each, found), previous=previous))
    written: dict[str, bytes] = {}
    for turn, number in enumerate((2, 0, 2, 1, 2, 0)):
        release = releases[number]
        ancestors = tuple(reversed(ids[:number]))
        told = made(server, release, tmp_path / f"turn-{turn}", ancestors)
        assert (" is there already: " in told) == (release.id in written)
        there = find_documents(registries().connect(server.host), "releases", release.id)
        assert there is not None
        assert there[RECORD] == written.setdefault(release.id, there[RECORD])


def test_a_record_before_it_that_nobody_can_read_stops_no_release(
    server: FakeRegistry, release: Release, tmp_path: Path
) -> None:
    made(server, replace(release, id="2026-11-21.1"), tmp_path / "one")
    for key, content in list(server.blobs.items()):
        server.blobs[key] = content.replace(b'"format": 2', b'"format": 9')
    told = made(server, release, tmp_path / "two", ("2026-11-21.1",))
    assert "what the release before it holds is not known" in told
    assert stored(server, release.id) == release


def test_a_registry_that_fails_at_any_request_gets_no_record_of_what_is_missing(
    server: FakeRegistry, release: Release, tmp_path: Path
) -> None:
    with FakeRegistry() as calm:
        publish_images(calm.host, images(tmp_path, a="code of a", b="code of b"))
        del calm.requests[:]
        made(calm, release, tmp_path / "calm")
        total = len(calm.requests)
    for number in range(1, total + 1):
        for content in (server.manifests, server.blobs):
            for key in [key for key in content if key[0] == "releases"]:
                del content[key]
        del server.requests[:]

        def denied(request: Request, number: int = number) -> Answer | None:
            return error(403, "DENIED") if len(server.requests) >= number else None

        server.intercept = denied
        with pytest.raises((OciError, ReleaseError), match="403"):
            made(server, release, tmp_path / str(number))
        server.intercept = lambda _: None
        assert stored(server, release.id) in (None, release)
    made(server, release, tmp_path / "out")
    assert stored(server, release.id) == release


def plan_of(server: FakeRegistry, release: Release, folder: Path) -> Path:
    keys = ("repository", "address", "name", "digest", "fingerprint", "base", "unlocked")
    value = {
        "repository": f"{server.host}/releases",
        "ancestors": [],
        "images": [{key: asdict(each)[key] for key in keys} for each in release.images],
        "release": {
            key: asdict(release)[key]
            for key in ("id", "commit", "time", "previous", "runtime", "locks", "toolchain")
        },
    }
    for each in documents_of(release, *(made_of(image) for image in release.images)):
        path = folder / each.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(each.content)
    plan = folder / "plan.json"
    plan.write_text(json.dumps(value))
    return plan


def test_the_program_makes_the_release_of_a_plan(
    server: FakeRegistry, release: Release, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = plan_of(server, release, tmp_path / "plan")
    out = tmp_path / "out"
    assert main(["--plan", str(plan), "--out", str(out)]) == 0
    assert "made" in capsys.readouterr().out
    assert (out / f"{release.id}.json").read_bytes() == release.dump()
    assert (out / release.id / sbom_name("b")).read_bytes() == SBOM


def test_the_program_says_what_is_missing(
    server: FakeRegistry, release: Release, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = plan_of(server, release, tmp_path / "plan")
    server.manifests.clear()
    assert main(["--plan", str(plan), "--out", str(tmp_path / "out")]) == 1
    assert capsys.readouterr().err.startswith("error: no release: not every image is published.")
    assert not (tmp_path / "out").exists()
