"""A small repository as a document, for tests: a base, two lambdas on it, and their tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from plinth.fingerprint.document import CONTAINER_TEST, IMAGE, TEST, Document, Entry, digest
from plinth.fingerprint.part import Part

EVERY_TEST = "[test]"
LOCK, DEBIAN = "3rdparty/requirements.txt", "3rdparty/debian:root"


def file(path: str, value: str = "0644 sha256:1") -> Part:
    return Part("file", "", path, value)


def distribution(name: str, version: str, of: str = LOCK) -> Part:
    return Part("distribution", of, name, f"{version} hashes {digest([])}")


def python(path: str, *needs: str) -> Entry:
    return Entry(path, "python_source", given=(file(path),), needs=needs)


def unit_test(path: str, *needs: str) -> Entry:
    parts = (file(path), Part("interpreter", "", "", "CPython==3.11.*"))
    own = (Part("configuration", "", "pyproject.toml", "0644 sha256:1"),)
    spec = f"{path}:tests"
    return Entry(spec, "python_test", TEST, own, parts, needs=(*needs, EVERY_TEST))


def layer(folder: str, name: str, parts: tuple[Part, ...], *needs: str) -> Entry:
    tar = f"{folder}/{name}.tar"
    given = tuple(part._replace(of=tar) for part in parts)
    return Entry(
        f"{folder}:{name}", "python_layer", given=given, needs=needs, takes=(DEBIAN,), makes=tar
    )


def image(folder: str, *layers: Entry, base: Entry | None = None) -> Entry:
    below = Part("base", "", "", f"fingerprint {digest(base.own)}" if base else "scratch")
    own = (
        Part("assembler", "", "", "code"),
        Part("instruction", "", "001", "FROM scratch"),
        *(Part("file", "", each.makes, f"made as {each.makes}") for each in layers),
        *(part for each in layers for part in each.given),
        below,
    )
    needs = tuple(each.spec for each in (*layers, *((base,) if base else ())))
    return Entry(f"{folder}:image", "docker_image", IMAGE, own, needs=needs)


def container_test(folder: str, of: Entry) -> Entry:
    return Entry(
        f"{folder}:container_test",
        "python_test",
        CONTAINER_TEST,
        given=(file(f"{folder}/container_test.py"),),
        needs=(EVERY_TEST,),
        takes=(of.spec,),
        packages=(of.spec,),
    )


Edit = Callable[[Entry], Entry]


def document(*edits: Edit, without: str = "") -> Document:
    """The repository after edits of its targets; what is made of them follows."""

    def edited(entry: Entry) -> Entry:
        for edit in edits:
            entry = edit(entry)
        return entry

    every = edited(Entry(EVERY_TEST, given=(Part("option", "pants.toml", "[test] timeout", "1"),)))
    boto = edited(Entry("3rdparty#boto3", given=(distribution("boto3", "1.34.0"),)))
    debian = edited(
        Entry(DEBIAN, "debian_root", given=(Part("package", "root.tar", "tzdata", "1 sha256:1"),))
    )
    library = edited(python("src/library/names.py", boto.spec))
    module = _source(library)
    third = edited(layer("base", "third_party", boto.given, boto.spec))
    code = edited(layer("base", "library", (module,), library.spec))
    base = edited(image("base", third, code))
    found = [every, boto, debian, library, third, code, base]
    found.append(edited(unit_test("src/library/names_test.py", library.spec)))
    for name in ("docs", "orders"):
        folder = f"lambdas/{name}"
        handler = edited(python(f"{folder}/handler.py", library.spec))
        own = edited(layer(folder, "code", (_source(handler),), handler.spec))
        made = edited(image(folder, own, base=base))
        found += [handler, own, made, edited(container_test(folder, made))]
        found.append(edited(unit_test(f"{folder}/handler_test.py", handler.spec)))
    return Document({entry.spec: entry for entry in found if entry.spec != without})


def _source(entry: Entry) -> Part:
    """The module's file as a layer holds it, below its source root."""
    (part,) = entry.given
    return Part("source", "", part.name.partition("/")[2], part.value)


def giving(spec: str, *parts: Part) -> Edit:
    """An edit of what a target gives."""
    return lambda entry: replace(entry, given=parts) if entry.spec == spec else entry


def owning(spec: str, *parts: Part) -> Edit:
    """An edit that adds to what a target is made of itself."""
    return lambda entry: replace(entry, own=(*entry.own, *parts)) if entry.spec == spec else entry


def without_part(spec: str, kind: str) -> Edit:
    def edit(entry: Entry) -> Entry:
        if entry.spec != spec:
            return entry
        return replace(entry, own=tuple(part for part in entry.own if part.kind != kind))

    return edit
