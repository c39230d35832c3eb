from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from plinth.oci.format.descriptor import INDEX, Descriptor, canonical_json
from plinth.oci.format.layout import read_stack
from plinth.oci.format.reference import Repository
from plinth.oci.publish.publication import (
    FAILED,
    PUSHED,
    REFUSED,
    SKIPPED,
    DockerPublication,
    Outcome,
)
from plinth.oci.publish.publish import publish
from plinth.oci.registry.push import push
from plinth.oci.testing.fake_registry import FakeRegistry
from plinth.oci.testing.layouts import write_image
from plinth.oci.testing.publish_faults import registries

ID = "sha256:" + "d" * 64
TAG = "fp-" + "1" * 64


@pytest.fixture
def server() -> Iterator[FakeRegistry]:
    with FakeRegistry() as server:
        yield server


class Engine:
    """Has one image, which it pushes with other bytes each time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pushed: list[tuple[str, str]] = []

    def push(self, image_id: str, reference: str) -> None:
        self.pushed.append((image_id, reference))
        name, _, tag = reference.rpartition(":")
        root = self.folder / str(len(self.pushed))
        write_image(root, "built", [str(len(self.pushed)).encode()])
        push(read_stack(root, []), Repository.parse(name), tag, connect=registries().connect)


def published(server: FakeRegistry, engine: Engine, objection: str | None = None) -> Outcome:
    repository = Repository(server.host, "built")
    planned = DockerPublication("built", ID, repository, TAG, ("latest",), objection)
    (outcome,) = publish([planned], registries(), engine=engine)
    return outcome


def test_docker_pushes_it_under_the_tag_of_its_fingerprint(
    server: FakeRegistry, tmp_path: Path
) -> None:
    engine = Engine(tmp_path)
    outcome = published(server, engine)
    assert outcome.status == PUSHED
    assert engine.pushed == [(ID, f"{server.host}/built:{TAG}")]
    assert outcome.digest in outcome.why
    assert "another build has another digest" in outcome.why
    assert server.manifests["built", "latest"] == server.manifests["built", outcome.digest]
    assert outcome.to_json()["digest"] == outcome.digest


def test_one_of_the_same_fingerprint_is_left_and_what_cannot_be_told_is_said(
    server: FakeRegistry, tmp_path: Path
) -> None:
    engine = Engine(tmp_path)
    first = published(server, engine)
    again = published(server, engine, objection="not tested")
    assert (again.status, again.digest) == (SKIPPED, first.digest)
    assert "whether this build has the same bytes cannot be told" in again.why
    assert len(engine.pushed) == 1


def test_an_objection_is_heard(server: FakeRegistry, tmp_path: Path) -> None:
    engine = Engine(tmp_path)
    outcome = published(server, engine, objection="not tested")
    assert (outcome.status, outcome.why) == (REFUSED, "not tested")
    assert not engine.pushed


def test_an_engine_that_fails_is_an_outcome(server: FakeRegistry, tmp_path: Path) -> None:
    class Broken(Engine):
        def push(self, image_id: str, reference: str) -> None:
            raise OSError("no engine")

    outcome = published(server, Broken(tmp_path))
    assert (outcome.status, outcome.why) == (FAILED, "no engine")


@pytest.mark.parametrize("under_an_index", [False, True])
def test_one_that_lost_a_blob_is_not_called_published(
    server: FakeRegistry, tmp_path: Path, under_an_index: bool
) -> None:
    engine = Engine(tmp_path)
    first = published(server, engine)
    if under_an_index:
        manifest = server.manifests["built", first.digest]
        entry = Descriptor(manifest[0], first.digest, len(manifest[1])).to_json()
        server.manifests["built", TAG] = (INDEX, canonical_json({"manifests": [entry]}))
    assert published(server, engine).status == SKIPPED
    for key in list(server.blobs):
        content = server.blobs.pop(key)
        outcome = published(server, engine)
        assert outcome.status == REFUSED
        assert f"{key[1][:19]}… is missing" in outcome.why
        assert "Remove the tag from the registry" in outcome.why
        server.blobs[key] = content
    assert len(engine.pushed) == 1
