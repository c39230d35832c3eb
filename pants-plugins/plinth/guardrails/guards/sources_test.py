"""Of the guards over what the edge has found out."""

from __future__ import annotations

from plinth.guardrails.guards import (
    broken_source,
    carried_requirement,
    missing_handler,
    undeclared_import,
    unowned_source,
    unused_requirement,
)
from plinth.guardrails.repository import (
    Handler,
    NamedRequirement,
    Requirement,
    Source,
    UnownedImport,
)
from plinth.guardrails.testing.seen import seen


def test_a_file_without_a_target_is_caught() -> None:
    sources = (
        Source("src/a.py", owned=False),
        Source("src/b.py"),
        Source("ci/c.py", owned=False, below_root=False),
    )
    assert seen(unowned_source.GUARD, sources=sources) == ["src/a.py src/a.py"]


def test_a_file_that_does_not_compile_is_caught() -> None:
    sources = (Source("src/a.py", problem="3: invalid syntax"), Source("src/b.py"))
    assert seen(broken_source.GUARD, sources=sources) == ["src/a.py:3 src/a.py"]


def test_a_handler_that_is_not_there_is_caught() -> None:
    handlers = (Handler("a/BUILD", "a.b:c", "there is no module `a.b`"), Handler("d/BUILD", "d:e"))
    assert seen(missing_handler.GUARD, handlers=handlers) == ["a/BUILD a.b:c"]


def test_a_requirement_that_nothing_uses_is_caught() -> None:
    requirements = (Requirement("r.in", 2, "six", False), Requirement("r.in", 3, "boto3", True))
    assert seen(unused_requirement.GUARD, requirements=requirements) == ["r.in:2 six"]


def test_an_import_that_nothing_provides_is_caught() -> None:
    imports = (UnownedImport("src/a.py", 4, "pandas", "Add it."),)
    assert seen(undeclared_import.GUARD, imports=imports) == ["src/a.py:4 pandas"]


def test_a_requirement_that_the_base_carries_is_caught() -> None:
    named = (
        NamedRequirement("a/BUILD", "a:code", "boto3", "base:image"),
        NamedRequirement("a/BUILD", "a:code", "pyarrow"),
    )
    assert seen(carried_requirement.GUARD, named_requirements=named) == ["a/BUILD boto3"]
