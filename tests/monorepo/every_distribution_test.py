"""Each distribution of this repository's lock, bumped: exactly the images that hold it are found.

What images hold is what the document of the tree says, which Pants made by the rules that make
layers and images. What a bump reaches is told from that document brought up to date.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from monorepo.scratch import scratch_copy
from plinth.affected.compare import Comparison
from plinth.affected.update import LockEdit, Shape, Update
from plinth.fingerprint.document import IMAGE, Document
from plinth.fingerprint.wire import load
from plinth.lockfile.parse import parse

LOCK = "3rdparty/python/requirements.txt"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return scratch_copy(tmp_path_factory.mktemp("repository")).root


@pytest.fixture(scope="module")
def document(root: Path) -> Document:
    return document_of(root)


def document_of(root: Path) -> Document:
    """The document of a copy, by a Pants that keeps no daemon."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    path = root / "dist/document"
    path.parent.mkdir(exist_ok=True)
    command = ("./pants", "--no-pantsd", f"--affected-document={path}", "affected")
    done = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return load(path.read_bytes())


def bumped(text: str, *names: str) -> str:
    for name in names:
        entry = re.compile(rf"^({re.escape(name)}(\[[^]]*\])?==)", re.MULTILINE)
        text = entry.sub(r"\g<1>9999.", text)
    return text


def after(document: Document, text: str) -> Document:
    update = Update(document, Shape(document))
    update.lock(LockEdit(LOCK, text))
    return update.done()


def holding(document: Document, name: str) -> set[str]:
    """The images in which the distribution is, or in what they stand on."""
    own = {
        entry.spec: any(p.kind == "distribution" and p.name == name for p in entry.own)
        for entry in document.of_kind(IMAGE)
    }
    return {
        entry.spec
        for entry in document.of_kind(IMAGE)
        if own[entry.spec] or any(own.get(each) for each in entry.needs)
    }


def test_a_bump_of_any_locked_distribution_selects_exactly_the_images_that_hold_it(
    root: Path, document: Document
) -> None:
    text = (root / LOCK).read_text()
    images = {entry.spec for entry in document.of_kind(IMAGE)}
    assert len(images) > 16
    expected, found = {}, {}
    for name in sorted({each.name for each in parse(text, LOCK).distributions}):
        affected = Comparison(document, after(document, bumped(text, name))).affected
        expected[name] = holding(document, name)
        found[name] = images & set(affected)
    assert found == expected
    # The lock holds all three kinds, so that the equality above says something.
    assert {0, len(images)} < {len(each) for each in expected.values()}


@pytest.fixture
def edited(root: Path) -> Iterator[Path]:
    before = (root / LOCK).read_text()
    (root / LOCK).write_text(bumped(before, "boto3", "charset-normalizer", "pyarrow"))
    yield root
    (root / LOCK).write_text(before)


def test_a_document_brought_up_to_date_is_the_one_that_is_made_afresh(
    edited: Path, document: Document
) -> None:
    updated, fresh = after(document, (edited / LOCK).read_text()), document_of(edited)
    for spec, entry in fresh.entries.items():
        if entry.kind:
            assert updated.fingerprint(spec) == fresh.fingerprint(spec) or LOCK in {
                part.name for part in fresh.given_to(spec)
            }, spec
