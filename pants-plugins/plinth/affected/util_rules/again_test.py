from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from pants.backend.python.target_types import PythonSourceTarget, PythonTestTarget
from pants.engine.addresses import Address
from pants.engine.target import Target

from plinth.affected.testing.samples import document
from plinth.affected.update import CannotUpdate
from plinth.affected.util_rules.again import redeclared


def targets(**fields: Any) -> Mapping[str, Target]:
    """A module and its test; `fields` are the test's."""
    module = PythonSourceTarget({"source": "names.py"}, Address("src", target_name="names"))
    test = PythonTestTarget(
        {"source": "names_test.py", **fields}, Address("src", target_name="names_test")
    )
    return {each.address.spec: each for each in (module, test)}


@pytest.mark.parametrize(
    "fields",
    [
        {"dependencies": [":names"]},
        {"timeout": 5},
        {"extra_env_vars": ["A=b"]},
        {"runtime_package_dependencies": [":image"]},
        {"tags": ["container"], "description": "One more."},
    ],
)
def test_what_only_speaks_of_its_own_target_has_it_asked_about_again(fields: Any) -> None:
    assert redeclared(targets(), targets(**fields)) == {"src:names_test"}


def test_what_is_declared_as_before_is_not_asked_about() -> None:
    assert redeclared(targets(timeout=5), targets(timeout=5)) == set()


@pytest.mark.parametrize("fields", [{"source": "other_test.py"}, {"resolve": "other"}])
def test_what_others_may_find_a_target_by_makes_a_fresh_document(fields: Any) -> None:
    with pytest.raises(CannotUpdate, match="others may find src:names_test by its"):
        redeclared(targets(), targets(**fields))


def test_a_target_that_is_new_gone_or_of_another_type_makes_a_fresh_document() -> None:
    both = targets()
    one = {"src:names": both["src:names"]}
    for before, after in ((one, both), (both, one)):
        with pytest.raises(CannotUpdate, match="new or gone"):
            redeclared(before, after)
    test = PythonTestTarget({"source": "names.py"}, Address("src", target_name="names"))
    with pytest.raises(CannotUpdate, match="another type"):
        redeclared(one, {"src:names": test})


def test_all_that_needs_an_edited_target_is_asked_about() -> None:
    found = document().with_dependents({"base:image"})
    assert {"base:image", "lambdas/docs:image", "lambdas/docs:container_test"} <= found
    assert "src/library/names.py" not in found
