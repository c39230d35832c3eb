from __future__ import annotations

import gzip
import hashlib
import io
import json
from pathlib import Path

import pytest

from plinth.archive.tar import DIRECTORY, Entry, read_tar
from plinth.oci.assemble.layer import Layer, LayerRequest, index_with, layer_request
from plinth.oci.assemble.make_layer import main, make_layer
from plinth.oci.assemble.tree import Node, TreeIndex, index_of_entries
from plinth.oci.dockerfile.step import LayerStep
from plinth.oci.errors import OciError
from plinth.oci.testing.differential_cases import tar

STEP = LayerStep("app/Dockerfile:3", "COPY", ("a", "d"), "/x/", "app:7", "0640")
INDEX = TreeIndex(
    {"etc": Node(DIRECTORY), "etc/passwd": Node("other"), "srv": Node(DIRECTORY, 0o700)},
    {"etc/passwd": "app:x:5:6::/:\n"},
)


@pytest.fixture
def context(tmp_path: Path) -> Path:
    (tmp_path / "context" / "d").mkdir(parents=True)
    (tmp_path / "context" / "a").write_text("A")
    (tmp_path / "context" / "d" / "b").write_text("B")
    (tmp_path / "context" / "t.tar").write_bytes(
        tar(("srv", "dir", None, 0o750), ("new/f", "file", "F"))
    )
    return tmp_path / "context"


def request(step: LayerStep = STEP, index: TreeIndex = INDEX) -> LayerRequest:
    found = layer_request(step, index)
    assert found is not None
    return found


def made(request: LayerRequest, context: Path) -> tuple[Layer, bytes]:
    """The layer and its blob, which is all that is left in the folder."""
    blobs = context.parent / "blobs"
    blobs.mkdir(exist_ok=True)
    layer = make_layer(request, context, blobs)
    (blob,) = blobs.iterdir()
    assert f"sha256:{blob.name}" == layer.digest
    content = blob.read_bytes()
    blob.unlink()
    return layer, content


def test_a_request_has_numbers_for_names_and_survives_json() -> None:
    assert request().owner == (5, 7)
    found = LayerRequest.from_json(json.loads(json.dumps(request().to_json())))
    assert (found.owner, found.lower) == (request().owner, request().lower)
    assert found.step.sources == STEP.sources


def test_a_request_does_not_change_with_what_does_not_matter() -> None:
    moved = LayerStep("app/Dockerfile:9", "COPY", STEP.sources, "/x/", "app:7", "0640")
    grown = TreeIndex({**INDEX.nodes, "usr": Node(DIRECTORY), "usr/f": Node("other")}, INDEX.users)
    assert request(moved, grown).to_json() == request().to_json()
    assert request(STEP, TreeIndex({"x": Node(DIRECTORY, 0o700)}, INDEX.users)) != request()


def test_a_working_directory_that_is_there_makes_no_layer() -> None:
    assert layer_request(LayerStep("D:1", "WORKDIR", (), "/srv", "5"), INDEX) is None
    assert request(LayerStep("D:1", "WORKDIR", (), "/srv/new", "5")).owner == (5, 5)


def test_an_unknown_owner_is_an_error_at_its_line() -> None:
    with pytest.raises(OciError, match="app/Dockerfile:3: COPY: there is no user 'no'"):
        request(LayerStep("app/Dockerfile:3", "COPY", ("a",), "/", "no"))


def test_the_golden_layer(context: Path) -> None:
    """Changes of these digests change every image: they need a reason, and a line in the changelog.

    Recipe: `COPY --chown=app:7 --chmod=0640 a d /x/` with a holding "A", d/b holding "B", where /x
    is already, of mode 0755 and 5:7.
    """
    there = TreeIndex({**INDEX.nodes, "x": Node(DIRECTORY, 0o755, 5, 7)}, INDEX.users)
    layer, blob = made(request(index=there), context)
    assert layer.diff_id == (
        "sha256:b6f1fff38a46507ff098e2d5ed9d9760c8e400a523ad016d3828d4ddc2bedc6f"
    )
    assert layer.digest == (
        "sha256:c5f26378c67e550d9316d7241d84822b28295ef515b8fe73edb7962a45ad14f2"
    )
    assert layer.size == len(blob)


def test_what_a_layer_says_of_itself_is_so(context: Path) -> None:
    layer, blob = made(request(), context)
    content = gzip.decompress(blob)
    assert layer.digest == "sha256:" + hashlib.sha256(blob).hexdigest()
    assert layer.diff_id == "sha256:" + hashlib.sha256(content).hexdigest()
    entries = list(read_tar(io.BytesIO(content)))
    assert layer.index == index_of_entries(entries)
    assert [(e.path, e.mode, e.uid, e.gid, e.content) for e in entries] == [
        ("x", 0o640, 5, 7, b""),
        ("x/a", 0o640, 5, 7, b"A"),
        ("x/b", 0o640, 5, 7, b"B"),
    ]


def test_copying_does_not_replace_other_kinds_and_unpacking_does(context: Path) -> None:
    file_there = TreeIndex({"x": Node(DIRECTORY), "x/a": Node(DIRECTORY)})
    copied, _ = made(request(LayerStep("D:2", "COPY", ("a",), "/x/"), TreeIndex()), context)
    with pytest.raises(
        OciError, match="D:2: COPY: it would make /x/a no directory, and in the imag"
    ):
        index_with(file_there, copied, LayerStep("D:2", "COPY", ("a",), "/x/"))
    add = LayerStep("D:2", "ADD", ("t.tar",), "/")
    unpacked, _ = made(request(add, TreeIndex()), context)
    assert index_with(TreeIndex({"srv": Node("other")}), unpacked, add).nodes["srv"].mode == 0o750
    with pytest.raises(
        OciError, match="it would make /new a directory, and in the image it is none"
    ):
        index_with(TreeIndex({"new": Node("other")}), unpacked, add)


def test_a_layer_of_users_is_known_to_those_above(context: Path) -> None:
    (context / "passwd").write_text("new:x:8:9::/:\n")
    step = LayerStep("D:2", "COPY", ("passwd",), "/etc/passwd")
    layer, _ = made(request(step, TreeIndex()), context)
    assert Layer.from_json(json.loads(json.dumps(layer.to_json()))) == layer
    above = index_with(TreeIndex(), layer, step)
    assert request(LayerStep("D:3", "COPY", ("a",), "/", "new"), above).owner == (8, 9)


def test_the_command_line_writes_the_blob_and_the_document(context: Path, tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text(json.dumps(request().to_json()))
    argv = ["--request", str(tmp_path / "r.json"), "--context", str(context)]
    assert main([*argv, "--out-dir", str(tmp_path / "out")]) == 0
    layer = Layer.from_json(json.loads((tmp_path / "out" / "layer.json").read_bytes()))
    blob = (tmp_path / "out" / "blobs" / "sha256" / layer.digest[7:]).read_bytes()
    assert (layer, blob) == made(request(), context)


def test_the_command_line_tells_an_error(
    context: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    step = LayerStep("D:2", "COPY", ("a",), "/srv/a/")
    index = TreeIndex({"srv": Node(DIRECTORY), "srv/a": Node("other")})
    (tmp_path / "r.json").write_text(json.dumps(request(step, index).to_json()))
    argv = ["--request", str(tmp_path / "r.json"), "--context", str(context)]
    assert main([*argv, "--out-dir", str(tmp_path / "out")]) == 1
    assert capsys.readouterr().err == "COPY: /srv/a is not a directory\n"


def test_an_index_of_a_layer_is_that_of_its_entries() -> None:
    assert index_of_entries([Entry("d", DIRECTORY, 0o700)]).nodes == {"d": Node(DIRECTORY, 0o700)}
