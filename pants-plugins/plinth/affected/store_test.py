from __future__ import annotations

from pathlib import Path

from plinth.affected.store import Store
from plinth.affected.testing.samples import document

TREE, STAMP = "1" * 40, "none"


def test_a_document_is_had_back_by_its_tree_and_options_alone(tmp_path: Path) -> None:
    store = Store(tmp_path / "documents")
    store.put(TREE, STAMP, document())
    found = store.get(TREE, STAMP)
    assert found is not None
    assert found.entries == document().entries
    assert store.get("2" * 40, STAMP) is None
    assert store.get(TREE, "other options") is None


def test_one_that_was_cut_or_edited_is_as_if_it_were_not_there(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for end in (b"", b"x" * 9):
        store.put(TREE, STAMP, document())
        (path,) = tmp_path.glob("*.document")
        path.write_bytes(path.read_bytes()[:-9] + end)
        assert store.get(TREE, STAMP) is None
    store.put(TREE, STAMP, document())
    assert store.get(TREE, STAMP) is not None


def test_a_folder_that_cannot_be_written_costs_only_the_keeping(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = Store(tmp_path / "file/documents")
    store.put(TREE, STAMP, document())
    assert store.get(TREE, STAMP) is None
