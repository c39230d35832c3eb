from __future__ import annotations

import re
from pathlib import Path

import pytest

import plinth
from plinth.archive.sources import closure, imported_or_run, source_of
from plinth.images.util_rules import assembler

ROOT = Path(plinth.__file__).parent
# What starts our code in a sandbox or packages a target, and reaches no image: by the reason.
ONLY_CARRIES = {
    "plinth.guardrails.util_rules.sources": "it only refuses",
    "plinth.images.goals.package": "it writes the finished image down",
    "plinth.images.goals.publish": "it carries finished images to registries",
    "plinth.images.util_rules.transfer": "it carries finished images to registries and engines",
    "plinth.release.goals.release": "it writes of finished images",
    "plinth.release.util_rules.sbom": "it writes of finished images",
    "plinth.sam.goals.package": "it names finished images",
}


def test_an_edit_of_any_module_of_it_is_another_code(monkeypatch: pytest.MonkeyPatch) -> None:
    before = assembler.code()
    for edited in assembler.modules():
        monkeypatch.setattr(
            assembler,
            "source_of",
            lambda module, edited=edited: source_of(module) + b"#" * (module == edited),
        )
        assert assembler.code() != before, edited


def test_whatever_makes_bytes_is_in_it_or_left_out_with_a_reason() -> None:
    """A maker that nobody thought of: it starts a sandbox, or packages a target."""
    makers = re.compile(rb"\bBuilderProcess\(|\bInstallation\(|UnionRule\(PackageFieldSet")
    found = {
        "plinth." + ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in ROOT.rglob("*.py")
        if not re.search(r"_test$|testing", str(path.with_suffix("")))
        and makers.search(path.read_bytes())
    }
    left = {module for module in found if assembler.left_out(module)}
    assert found - left - set(assembler.modules()) == set(ONLY_CARRIES)


def test_nothing_is_left_out_that_it_does_not_stand_on() -> None:
    stands_on = closure(assembler.MAKERS, follow=imported_or_run)
    listed = [module for modules in assembler.LEFT_OUT.values() for module in modules]
    assert sorted(set(listed) - set(stands_on)) == []
    assert len(listed) == len(set(listed))


@pytest.mark.parametrize(
    "module",
    [
        *(
            "plinth.oci.assemble.make_layer",
            "plinth.oci.assemble.fetch_base",
            "plinth.debian.unpack",
        ),
        *("plinth.layers.install", "plinth.layers.pack", "plinth.layers.join"),
        *("plinth.layers.runtime", "plinth.layers.wheel_member", "plinth.archive.pyc"),
    ],
)
def test_what_runs_in_a_sandbox_and_makes_bytes_is_in_it(module: str) -> None:
    assert module in assembler.modules()


@pytest.mark.parametrize(
    "module",
    ["plinth.affected.rules", "plinth.release.goals.release", "plinth.oci.publish.publish"],
)
def test_what_decides_publishes_or_records_is_not(module: str) -> None:
    assert module not in assembler.modules()
