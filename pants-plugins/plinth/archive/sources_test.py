from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from plinth.archive.sources import closure, imported, imported_or_run, source_of
from plinth.archive.util_rules.builder import source_files


def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **sources: str) -> None:
    """Modules `plinth.<name>`, with `__` for a dot, in place of Plinth's own."""
    for name, source in sources.items():
        path = tmp_path / "plinth" / (name.replace("__", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)

    def read(package: str, file: str) -> bytes:
        return (tmp_path / package.replace(".", "/") / file).read_bytes()

    monkeypatch.setattr("plinth.archive.sources.pkgutil.get_data", read)


def test_each_way_to_import(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package(
        tmp_path,
        monkeypatch,
        main="import plinth.a\nimport os\nfrom plinth import b, nothing\n"
        "from plinth.in_it import c as d\nfrom plinth.e import Value\n"
        "def f():\n    from plinth.in_it.late import g\n",
        **dict.fromkeys(("a", "b", "e", "in_it__c", "in_it__late", "other"), ""),
    )
    assert sorted(imported("plinth.main")) == [
        *("plinth.a", "plinth.b", "plinth.e", "plinth.in_it.c", "plinth.in_it.late")
    ]


def test_a_program_is_named_as_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    main = 'MODULE = "plinth.program"\nHELP = "see plinth.other"\nNO = "plinth.nothing"\n'
    package(tmp_path, monkeypatch, main=main, program="", other="")
    assert imported("plinth.main") == ()
    assert imported_or_run("plinth.main") == ("plinth.program",)


def test_the_closure_follows_nothing_that_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package(tmp_path, monkeypatch, a="import plinth.b", b="import plinth.c\nimport plinth.a", c="")
    assert closure(["plinth.a"]) == ("plinth.a", "plinth.b", "plinth.c")
    assert closure(["plinth.a"], lambda module: module == "plinth.b") == ("plinth.a",)


def test_a_module_that_does_not_exist() -> None:
    for missing in ("plinth.archive.nothing", "plinth.archive"):
        with pytest.raises(ModuleNotFoundError, match=missing):
            source_of(missing)


@pytest.mark.parametrize(
    "module",
    [
        *("plinth.oci.assemble.make_layer", "plinth.oci.assemble.fetch_base"),
        *("plinth.oci.publish.publish", "plinth.oci.publish.run", "plinth.oci.registry.push"),
        *("plinth.release.make", "plinth.release.compare"),
        *("plinth.release.licences", "plinth.layers.install", "plinth.layers.pack"),
    ],
)
def test_a_sandbox_has_all_that_its_module_needs_of_plinth(module: str, tmp_path: Path) -> None:
    for file in source_files(module):
        path = tmp_path / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
    argv = [sys.executable, "-B", "-m", module, "--help"]
    done = subprocess.run(argv, cwd=tmp_path, capture_output=True, check=False, env={})
    assert done.returncode == 0, done.stderr.decode()
