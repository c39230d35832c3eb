from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from plinth.affected.compare import Comparison
from plinth.affected.testing.samples import document, file, giving, owning
from plinth.affected.update import CannotUpdate, FileEdit, Shape, Update, with_modes
from plinth.fingerprint.document import IMAGE, Document
from plinth.fingerprint.part import Part
from plinth.images.fingerprint import fingerprint

NAMES, HANDLER = "src/library/names.py", "lambdas/docs/handler.py"
BEFORE, AFTER = "0644 sha256:1f", "0644 sha256:2f"


def sample(value: str = BEFORE, path: str = NAMES) -> Document:
    """The sample, in which images name their base by the fingerprint that images have."""
    found = document(
        *(giving(each, file(each, value if each == path else BEFORE)) for each in (NAMES, HANDLER))
    )
    base = f"fingerprint {fingerprint(found.entries['base:image'].own)}"
    return found.with_entries(
        {
            entry.spec: replace(
                entry,
                own=tuple(
                    part._replace(value=base)
                    if part.kind == "base" and entry.spec != "base:image"
                    else part
                    for part in entry.own
                ),
            )
            for entry in found.of_kind(IMAGE)
        }
    )


def updated(known: Document, *edits: FileEdit) -> Document:
    update = Update(known, Shape(known))
    for edit in edits:
        update.file(edit)
    return update.done()


@pytest.mark.parametrize("path", [NAMES, HANDLER])
def test_an_edit_makes_the_document_that_a_fresh_look_makes(path: str) -> None:
    fresh = sample(AFTER, path)
    found = updated(sample(), FileEdit(path, BEFORE, AFTER))
    assert Comparison(fresh, found).affected == ()
    assert Comparison(sample(), found).affected == Comparison(sample(), fresh).affected


def test_a_file_that_is_more_than_a_source_is_refused() -> None:
    known = owning("lambdas/docs:image", Part("dockerfile", "", "Dockerfile", "1f"))
    found = Document({spec: known(entry) for spec, entry in sample().entries.items()})
    with pytest.raises(CannotUpdate, match="more than a source"):
        updated(found, FileEdit(NAMES, BEFORE, AFTER))


def test_a_module_that_another_file_may_be_in_a_layer_is_refused() -> None:
    known = sample()
    other = replace(known.entries[NAMES], spec="other", given=(file("other/library/names.py"),))
    with pytest.raises(CannotUpdate, match="may both be"):
        updated(known.with_entries({"other": other}), FileEdit(NAMES, BEFORE, AFTER))


def test_a_state_that_was_not_known_is_refused() -> None:
    with pytest.raises(CannotUpdate, match="was not in the state"):
        updated(sample(), FileEdit(NAMES, "0644 sha256:3f", AFTER))


def test_a_mode_that_pants_has_not_heard_of_is_that_of_the_disk(tmp_path: Path) -> None:
    path = tmp_path / HANDLER
    path.parent.mkdir(parents=True)
    path.write_text("")
    path.chmod(0o755)
    found = with_modes(sample(), Shape(sample()), str(tmp_path))
    assert Comparison(sample(), found).affected == (
        "lambdas/docs/handler_test.py:tests",
        "lambdas/docs:container_test",
        "lambdas/docs:image",
    )
    path.chmod(0o644)
    assert Comparison(sample(), with_modes(sample(), Shape(sample()), str(tmp_path))).affected == ()
