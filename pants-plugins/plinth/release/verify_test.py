from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from plinth.oci.format.descriptor import digest_of
from plinth.oci.format.layout import Image, read_stack
from plinth.oci.format.reference import Repository
from plinth.oci.publish.publication import Publication
from plinth.oci.publish.publish import publish
from plinth.oci.testing.fake_registry import FakeRegistry
from plinth.oci.testing.layouts import write_image
from plinth.release.artefact import sbom_name
from plinth.release.record import Release, ReleasedImage
from plinth.release.testing.releases import registries
from plinth.release.verify import Verifier, changed_bills, unlocked


@pytest.fixture
def server() -> Iterator[FakeRegistry]:
    with FakeRegistry() as server:
        yield server


def tar(**files: str) -> bytes:
    """A layer of these files; one whose text is `x` is executable."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(text), 0o755 if text == "x" else 0o644
            archive.addfile(member, io.BytesIO(text.encode()))
    return out.getvalue()


def build(folder: Path, base: bytes, code: bytes, **config: object) -> tuple[Image, Image]:
    lower = write_image(folder / "base", "base", [b"runtime", base])
    return lower, write_image(folder / "one", "one", [code], lower, config=config)


def release(server: FakeRegistry, *images: Image) -> Release:
    released = []
    for image in images:
        stack = read_stack(image.root, [images[0].root])
        base = Repository(server.host, "base") if stack.bases else None
        repository = Repository(server.host, image.name)
        publish([Publication(stack, repository, f"fp-{image.name}", base)], registries())
        below = f"base@{image.base_digest}" if stack.bases else None
        address = f"{image.name}:image"
        released.append(
            ReleasedImage(image.name, address, image.name, image.digest, image.name, below, "")
        )
    return Release("2026-11-22.1", "c" * 40, "2026-11-22T00:00:00Z", None, tuple(released))


def differences(server: FakeRegistry, made: Release, *built: Image) -> list[str]:
    return list(Verifier(registries().connect(server.host), built).differences(made))


def test_the_same_images_differ_in_nothing(server: FakeRegistry, tmp_path: Path) -> None:
    made = release(server, *build(tmp_path / "a", tar(a="1"), tar(b="1")))
    again = build(tmp_path / "b", tar(a="1"), tar(b="1"))
    assert differences(server, made, *again) == []


def test_the_layer_and_the_file_that_differ_are_named(server: FakeRegistry, tmp_path: Path) -> None:
    first = build(tmp_path / "a", tar(a="1"), tar(gone="", handler="1", mode="x", same="1"))
    made = release(server, *first)
    again = build(tmp_path / "b", tar(a="1"), tar(handler="2", mode="y", new="", same="1"))
    assert differences(server, made, *again) == [
        f"one: released {first[1].digest}, built again {again[1].digest}",
        "  configuration differs",
        f"  layer 3: released {first[1].layers[2].digest}, built again {again[1].layers[2].digest}",
        "    gone: only released",
        "    handler: differs in contents",
        "    mode: differs in mode, contents",
        "    new: only built again",
    ]


def test_the_base_s_layers_are_told_of_once(server: FakeRegistry, tmp_path: Path) -> None:
    made = release(server, *build(tmp_path / "a", tar(a="1"), tar(b="1")))
    lines = differences(server, made, *build(tmp_path / "b", tar(a="2"), tar(b="1")))
    assert [line for line in lines if line.startswith("    ")] == ["    a: differs in contents"]
    assert lines[-1] == "  layer 2: as above"
    assert lines[0].startswith("base: released")


def test_a_difference_of_the_configuration_alone(server: FakeRegistry, tmp_path: Path) -> None:
    made = release(server, *build(tmp_path / "a", tar(a="1"), tar(b="1")))
    lines = differences(server, made, *build(tmp_path / "b", tar(a="1"), tar(b="1"), Cmd=["x"]))
    assert lines[1:] == ["  configuration differs"]


def test_a_layer_more_or_less(server: FakeRegistry, tmp_path: Path) -> None:
    one = write_image(tmp_path / "a", "base", [tar(a="1")])
    two = write_image(tmp_path / "b", "base", [tar(a="1"), tar(b="1")])
    assert differences(server, release(server, one), two)[-1] == "  layer 2: only built again"


def test_the_same_files_in_another_order(server: FakeRegistry, tmp_path: Path) -> None:
    made = release(server, write_image(tmp_path / "a", "base", [tar(a="1", b="2")]))
    lines = differences(server, made, write_image(tmp_path / "b", "base", [tar(b="2", a="1")]))
    assert lines[-1] == "    the same files in another order, or compressed differently"


def test_an_image_that_the_commit_does_not_make(server: FakeRegistry, tmp_path: Path) -> None:
    made = release(server, *build(tmp_path / "a", tar(a="1"), tar(b="1")))
    assert differences(server, made) == [
        "base: this commit makes no such image",
        "one: this commit makes no such image",
    ]


def in_registry(server: FakeRegistry, made: Release) -> list[str]:
    return list(Verifier(registries().connect(server.host)).in_registry(made))


@pytest.fixture
def made(server: FakeRegistry, tmp_path: Path) -> Release:
    return release(server, *build(tmp_path / "a", tar(a="1"), tar(b="1")))


def test_a_registry_that_has_what_was_released(server: FakeRegistry, made: Release) -> None:
    del server.requests[:]
    assert in_registry(server, made) == []
    read = [asked for asked in server.asked if asked.startswith("GET") and "/blobs/" in asked]
    # Two layers and the configuration of the base, one and the configuration of what is on it.
    assert len(read) == len(set(read)) == 5
    assert {request.method for request in server.requests} == {"GET", "HEAD"}


def test_an_image_that_was_replaced_in_the_registry(server: FakeRegistry, made: Release) -> None:
    base, one = made.images
    server.manifests["one", one.tag] = server.manifests["base", base.tag]
    assert in_registry(server, made) == [
        f"one: released {one.digest}, the registry has {base.digest} as {one.tag}"
    ]


def test_an_image_that_is_gone_from_the_registry(server: FakeRegistry, made: Release) -> None:
    one = made.images[1]
    del server.manifests["one", one.tag], server.manifests["one", one.digest]
    assert in_registry(server, made) == [
        f"one: released {one.digest}, the registry has nothing as {one.tag}",
        f"one: the registry has no {one.digest}",
    ]


def test_a_blob_that_the_registry_lost_or_changed(server: FakeRegistry, made: Release) -> None:
    for (path, digest), content in list(server.blobs.items()):
        del server.blobs[path, digest]
        assert in_registry(server, made) == [f"{path}: the registry has lost {digest}"]
        # Of bytes that several repositories share, a registry has one copy.
        for key in [key for key in server.blobs if key[1] == digest] + [(path, digest)]:
            server.blobs[key] = bytes(len(content))
        lines = in_registry(server, made)
        assert lines
        assert all("the registry is damaged" in line for line in lines)
        for key in [key for key in server.blobs if key[1] == digest]:
            server.blobs[key] = content
    assert in_registry(server, made) == []


def test_what_the_registry_lost_does_not_end_the_comparison(
    server: FakeRegistry, made: Release, tmp_path: Path
) -> None:
    again = build(tmp_path / "b", tar(a="2"), tar(b="1"))
    one = made.images[1]
    del server.blobs["base", build(tmp_path / "a", tar(a="1"), tar(b="1"))[0].layers[1].digest]
    del server.manifests["one", one.digest]
    lines = differences(server, made, *again)
    assert any("what was released cannot be read: GET" in line for line in lines)
    assert lines[-1] == "  what was released is not in the registry, to be compared with it"
    assert f"one: released {one.digest}, built again {again[1].digest}" in lines


def test_images_that_no_lock_gives_again(made: Release) -> None:
    base, one = made.images
    assert list(unlocked(made)) == []
    made = replace(made, images=(replace(base, unlocked=("libc6 2.36",)), one))
    (line,) = unlocked(made)
    assert line.startswith("base: its packages were not those of the lock (libc6 2.36)")


def test_bills_of_materials_that_are_not_those_of_the_record(made: Release) -> None:
    base, one = (replace(image, sbom=digest_of(b"bill")) for image in made.images)
    made = replace(made, images=(base, one))
    bills = {sbom_name("base"): b"bill", sbom_name("one"): b"bill"}
    assert list(changed_bills(made, bills)) == []
    del bills[sbom_name("base")]
    bills[sbom_name("one")] = b"another"
    assert list(changed_bills(made, bills)) == [
        f"base: its bill of materials was {digest_of(b'bill')}, and is none",
        f"one: its bill of materials was {digest_of(b'bill')}, and is {digest_of(b'another')}",
    ]
