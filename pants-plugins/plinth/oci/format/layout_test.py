from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from plinth.oci.errors import OciError
from plinth.oci.format.descriptor import INDEX, MANIFEST, REF_NAME, UNLOCKED, Descriptor, digest_of
from plinth.oci.format.layout import (
    Image,
    LayoutError,
    blob_name,
    find_blob,
    layout_files,
    read_blob,
    read_image,
    read_stack,
    write_files,
)
from plinth.oci.testing.layouts import write_image

NOWHERE = "sha256:" + "0" * 64


@pytest.fixture
def base(tmp_path: Path) -> Image:
    return write_image(tmp_path / "base", "base", [b"runtime", b"library"])


@pytest.fixture
def function(tmp_path: Path, base: Image) -> Image:
    return write_image(tmp_path / "authorizer", "authorizer", [b"code"], base)


def test_what_is_written_is_read(base: Image) -> None:
    assert base.name == "base"
    assert base.base_digest is None
    assert base.external_base is None
    assert base.unlocked is None
    assert len(base.layers) == 2
    assert base.digest == digest_of((base.root / blob_name(base.digest)).read_bytes())


def test_a_layout_has_one_text() -> None:
    annotations = {"b": "2", "a": "1"}
    files = layout_files(b"{}", [b"config"], annotations)
    assert files == layout_files(b"{}", [b"config"], dict(reversed(annotations.items())))
    assert list(files) == sorted(files)
    assert files["oci-layout"] == b'{"imageLayoutVersion":"1.0.0"}'
    assert files[blob_name(digest_of(b"config"))] == b"config"


def test_the_layers_of_the_base_stay_with_the_base(base: Image, function: Image) -> None:
    assert function.layers[:2] == base.layers
    own = {path.name for path in (function.root / "blobs/sha256").iterdir()}
    assert len(own) == 3, "manifest, config, one layer"
    assert not own & {layer.digest.partition(":")[2] for layer in base.layers}
    for layer in base.layers:
        assert find_blob(layer, [function.root]) is None
        assert find_blob(layer, [function.root, base.root]) == base.root / blob_name(layer.digest)


def test_a_missing_blob_is_an_error_that_says_where_it_looked(base: Image) -> None:
    absent = Descriptor("text/plain", NOWHERE, 0)
    with pytest.raises(LayoutError, match=f"{NOWHERE} in .*base"):
        read_blob(absent, [base.root])


@pytest.mark.parametrize("content", [b"", b"other bytes"])
def test_a_damaged_blob_is_an_error(base: Image, content: bytes) -> None:
    (base.root / blob_name(base.layers[0].digest)).write_bytes(content)
    with pytest.raises(LayoutError, match="is damaged.*package the image again"):
        find_blob(base.layers[0], [base.root])


def test_a_blob_of_another_size_than_described_is_an_error(base: Image) -> None:
    layer = base.layers[0]
    with pytest.raises(LayoutError, match="is damaged"):
        find_blob(Descriptor(layer.media_type, layer.digest, layer.size + 1), [base.root])


def test_a_damaged_manifest_is_an_error(base: Image) -> None:
    (base.root / blob_name(base.digest)).write_bytes(b"{}")
    with pytest.raises(LayoutError, match="is damaged"):
        read_image(base.root)


@pytest.mark.parametrize("missing", ["oci-layout", "index.json"])
def test_no_layout_says_how_to_make_one(base: Image, missing: str) -> None:
    (base.root / missing).unlink()
    with pytest.raises(LayoutError, match=f"no image layout at .*{missing}.*pants package"):
        read_image(base.root)


def test_a_layout_of_another_version_is_an_error(base: Image) -> None:
    (base.root / "oci-layout").write_text('{"imageLayoutVersion":"2.0.0"}')
    with pytest.raises(LayoutError, match="2.0.0"):
        read_image(base.root)


def test_a_layout_of_two_images_is_an_error(base: Image) -> None:
    index = json.loads((base.root / "index.json").read_bytes())
    (base.root / "index.json").write_text(json.dumps({"manifests": index["manifests"] * 2}))
    with pytest.raises(LayoutError, match="exactly one image"):
        read_image(base.root)


def test_a_layout_of_an_index_is_an_error(base: Image) -> None:
    index = json.loads((base.root / "index.json").read_bytes())
    index["manifests"][0]["mediaType"] = INDEX
    (base.root / "index.json").write_text(json.dumps(index))
    with pytest.raises(LayoutError, match="the only kind that Lambda takes"):
        read_image(base.root)


@pytest.mark.parametrize("manifest", [b"[]", b"{}", b'{"layers":[],"config":{}}', b'{"layers":{}}'])
def test_a_manifest_that_is_none_is_an_error(tmp_path: Path, manifest: bytes) -> None:
    write_files(tmp_path, layout_files(manifest, [], {REF_NAME: "x"}))
    with pytest.raises(OciError, match="manifest"):
        read_image(tmp_path)


def test_an_image_without_a_name_is_an_error(tmp_path: Path) -> None:
    image = write_image(tmp_path, "", [])
    with pytest.raises(LayoutError, match="does not name its image"):
        _ = image.name


def test_a_stack_finds_its_bases_among_others(tmp_path: Path, base: Image, function: Image) -> None:
    other = write_image(tmp_path / "other", "other", [b"other"])
    stack = read_stack(function.root, [other.root, base.root])
    assert stack.images == (function, base)
    assert stack.roots == (function.root, base.root)
    assert stack.external_base is None
    assert [part.images for part in stack.parts] == [(function, base), (base,)]


def test_a_stack_of_three(tmp_path: Path, base: Image, function: Image) -> None:
    top = write_image(tmp_path / "top", "top", [b"top"], function)
    assert read_stack(top.root, [base.root, function.root]).images == (top, function, base)


def test_a_base_that_is_not_given_is_an_error(function: Image) -> None:
    with pytest.raises(LayoutError, match="not among the layouts of bases given: none"):
        read_stack(function.root, [])


def test_a_base_that_was_packaged_again_is_an_error(
    tmp_path: Path, base: Image, function: Image
) -> None:
    shutil.rmtree(base.root)
    write_image(base.root, "base", [b"runtime", b"library, changed"])
    with pytest.raises(LayoutError, match=f"stands on the base {base.digest}.*Package both again"):
        read_stack(function.root, [base.root])


def test_an_image_that_lacks_a_layer_of_its_base_is_an_error(tmp_path: Path, base: Image) -> None:
    annotations = dict(write_image(tmp_path / "a", "a", [b"a"], base).descriptor.annotations)
    astray = write_image(tmp_path / "astray", "astray", [b"a"], annotations=annotations)
    with pytest.raises(LayoutError, match="does not begin with the layers of its base"):
        read_stack(astray.root, [base.root])


def test_an_external_base_needs_no_layout(tmp_path: Path) -> None:
    layer = Descriptor("application/vnd.oci.image.layer.v1.tar+gzip", NOWHERE, 7)
    reference = f"registry.example/python@{NOWHERE}"
    write_image(tmp_path / "x", "x", [b"code"], external_base=(reference, [layer]))
    stack = read_stack(tmp_path / "x", [])
    assert stack.bases == ()
    assert stack.external_base == reference
    assert stack.image.layers[0] == layer


def test_an_unlocked_base_makes_the_stack_unlocked(tmp_path: Path) -> None:
    base = write_image(tmp_path / "b", "base", [b"r"], annotations={UNLOCKED: "libc6 2.36-9"})
    function = write_image(tmp_path / "f", "function", [b"code"], base)
    assert read_stack(base.root, []).unlocked == "libc6 2.36-9"
    assert read_stack(function.root, [base.root]).unlocked == "libc6 2.36-9"


def test_the_media_type_of_the_manifest(base: Image) -> None:
    assert base.descriptor.media_type == MANIFEST
