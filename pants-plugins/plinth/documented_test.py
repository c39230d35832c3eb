"""Every rule and every public dataclass has its sentence."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from plinth.testing.modules import production

_WITH_SENTENCE = ("dataclass", "goal_rule", "rule")
Documented = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def without_sentence(source: str) -> Iterator[str]:
    """The names of a source's rules and public dataclasses that have no docstring."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, Documented) or node.name.startswith("_"):
            continue
        decorators = (ast.unparse(each).partition("(")[0] for each in node.decorator_list)
        if any(each in _WITH_SENTENCE for each in decorators) and not ast.get_docstring(node):
            yield node.name


def test_every_rule_and_public_dataclass_has_its_sentence() -> None:
    found = [
        f"{module}: {name}"
        for module, path in production().items()
        for name in without_sentence(path.read_text())
    ]
    assert found == []


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("@rule\nasync def make(a: A) -> B:\n    return B()", ["make"]),
        ("@rule(desc='x')\ndef make(a: A) -> B:\n    '''A B.'''", []),
        ("@goal_rule\nasync def run() -> G: ...", ["run"]),
        ("@dataclass(frozen=True)\nclass A:\n    b: int", ["A"]),
        ("@dataclass\nclass _A:\n    b: int", []),
        ("def make() -> None: ...\nclass A: ...", []),
    ],
)
def test_what_lacks_its_sentence_is_found(source: str, names: list[str]) -> None:
    assert list(without_sentence(source)) == names
