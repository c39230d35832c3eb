from __future__ import annotations

from dataclasses import replace

from hypothesis import given

from plinth.fingerprint.document import IMAGE, TEST, Document, Entry
from plinth.fingerprint.part import Part, part_changes
from plinth.fingerprint.strategies import documents


def file(name: str, value: str = "1") -> Part:
    return Part("file", "", name, value)


def document(*entries: Entry) -> Document:
    return Document({each.spec: each for each in entries})


CODE = Entry("code", given=(file("code.py"),), needs=("library",))
LIBRARY = Entry("library", given=(file("library.py"),), needs=("code",))
UNUSED = Entry("unused", given=(file("unused.py"),))
RUN = Entry("run", kind=TEST, given=(file("run_test.py"),), needs=("code",), packages=("image",))
BUILT = Entry("image", kind=IMAGE, own=(Part("instruction", "", "001", "FROM scratch"),))


def test_a_closure_follows_dependencies_through_circles() -> None:
    assert document(CODE, LIBRARY, RUN).closure("run") == {"run", "code", "library"}


def test_what_any_target_of_a_closure_excludes_is_not_in_it() -> None:
    excluding = replace(CODE, excludes=("library",))
    assert document(excluding, LIBRARY, RUN).closure("run") == {"run", "code"}


def test_a_fingerprint_is_of_all_that_the_process_is_given_and_of_nothing_else() -> None:
    before = document(CODE, LIBRARY, UNUSED, RUN, BUILT)

    def edited(entry: Entry) -> str:
        return Document({**before.entries, entry.spec: entry}).fingerprint("run")

    known = before.fingerprint("run")
    assert edited(replace(UNUSED, given=(file("unused.py", "2"),))) == known
    assert edited(replace(LIBRARY, given=(file("library.py", "2"),))) != known
    assert edited(replace(RUN, own=(Part("configuration", "", "pytest.ini", "1"),))) != known
    assert edited(replace(BUILT, own=(Part("instruction", "", "001", "FROM other"),))) != known
    # By another way, but the same files.
    assert edited(replace(CODE, needs=("library", "run"))) == known


def test_a_part_that_several_targets_give_counts_once() -> None:
    twice = document(CODE, replace(LIBRARY, given=CODE.given), replace(RUN, packages=()))
    once = document(CODE, replace(LIBRARY, given=()), replace(RUN, packages=()))
    assert twice.fingerprint("run") == once.fingerprint("run")


@given(documents())
def test_the_order_of_entries_and_parts_is_nothing(drawn: Document) -> None:
    turned = Document(
        {
            spec: replace(
                entry, own=entry.own[::-1], given=entry.given[::-1], needs=entry.needs[::-1]
            )
            for spec, entry in reversed(list(drawn.entries.items()))
        }
    )
    for spec in drawn.entries:
        assert turned.fingerprint(spec) == drawn.fingerprint(spec)


def test_changes_name_what_is_new_gone_and_other() -> None:
    before = [file("a"), file("b"), file("c")]
    after = [file("a"), file("b", "2"), file("d")]
    assert [(each.name, each.before, each.after) for each in part_changes(before, after)] == [
        ("b", "1", "2"),
        ("c", "1", None),
        ("d", None, "1"),
    ]


def test_several_values_of_one_key_are_compared_as_a_set() -> None:
    kinds = [Part("interpreter", "", "", value) for value in ("3.9", "3.11")]
    assert list(part_changes(kinds, kinds[::-1])) == []
    (change,) = part_changes(kinds, kinds[:1])
    assert (change.before, change.after) == ("3.11", None)
