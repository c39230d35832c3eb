"""Code that moves from a lambda into the library, in a scratch copy of this repository."""

from __future__ import annotations

import tarfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from monorepo.scratch import scratch_copy
from plinth.oci.format.descriptor import Descriptor
from plinth.oci.format.layout import Image, blob_name, read_image

LAMBDA = "lambdas/preview_data"


@dataclass(frozen=True)
class Moved:
    """A copy in which a module of the lambda's is the library's, and what stands on its base."""

    root: Path
    dependents: frozenset[str]


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Moved:
    """No BUILD file was edited. Pants is started once, for both images and for the dependents."""
    scratch = scratch_copy(tmp_path_factory.mktemp("moved"))
    scratch.move(f"{LAMBDA}/text_table.py", "src/ingestion/text_table.py")
    for importer in ("handler.py", "handler_test.py"):
        scratch.replace(
            f"{LAMBDA}/{importer}", "from preview_data.text_table", "from ingestion.text_table"
        )
    images = ("base:image", f"{LAMBDA}:image")
    options = ("--dependents-transitive", "--dependents-closed")
    printed = scratch.pants(*options, "dependents", "package", *images)
    return Moved(scratch.root, frozenset(printed.split()))


def test_a_module_that_moves_to_the_library_needs_no_edit_but_of_imports(moved: Moved) -> None:
    base = read_image(moved.root / "dist/base/image")
    function = read_image(moved.root / "dist/lambdas.preview_data/image")
    assert "opt/python/ingestion/text_table.py" in files(base)
    assert "var/task/preview_data/handler.py" in files(function)
    assert not any("text_table" in name for name in files(function))
    # The image as it is without the move.
    before = read_image(Path("lambdas.preview_data/image"))
    assert "var/task/preview_data/text_table.py" in files(before)
    assert size(function) < size(before)


def test_every_lambda_and_its_container_test_depend_on_the_base(moved: Moved) -> None:
    lambdas = [path.parent.name for path in Path("lambdas").glob("*/BUILD")]
    assert lambdas
    images = {f"lambdas/{name}:image" for name in lambdas}
    tests = {f"lambdas/{name}:container_test" for name in lambdas}
    assert images | tests | {"tests/pipeline:end_to_end"} <= moved.dependents


def own_layers(image: Image) -> list[Descriptor]:
    return [layer for layer in image.layers if image.holds(layer)]


def size(image: Image) -> int:
    """Of the image's own layers, in bytes as they are pulled."""
    return sum(layer.size for layer in own_layers(image))


def files(image: Image) -> frozenset[str]:
    """What the image's own layers hold."""
    names: set[str] = set()
    for layer in own_layers(image):
        with tarfile.open(image.root / blob_name(layer.digest)) as archive:
            names |= set(archive.getnames())
    return frozenset(names)
