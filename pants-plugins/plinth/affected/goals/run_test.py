from __future__ import annotations

import pytest
from pants.base.specs import AddressLiteralSpec
from pants.util.frozendict import FrozenDict

from plinth.affected.errors import AffectedError
from plinth.affected.goals.run import goals, specs_of
from plinth.affected.model import Affected, Kind


def test_goals_run_in_the_order_that_they_are_named_in() -> None:
    assert goals("test package") == ("test", "package")
    assert goals(" package\ttest ") == ("package", "test")
    assert goals("") == ()


def test_a_goal_that_is_for_neither_images_nor_tests_is_refused() -> None:
    with pytest.raises(AffectedError, match=r"`lint` cannot be run.*test, package, publish"):
        goals("test lint")


def test_every_address_is_handed_on_as_it_is() -> None:
    """A parametrized target, one of a file, and one at the root are not taken for others."""
    addresses = ("//:root", "a/b_test.py:tests@resolve=plugins", "a#generated", "a:name")
    found = specs_of(Affected(each, Kind.TEST, 0) for each in addresses)
    assert found.includes.address_literals == (
        AddressLiteralSpec("", "root"),
        AddressLiteralSpec("a/b_test.py", "tests", parameters=FrozenDict(resolve="plugins")),
        AddressLiteralSpec("a", generated_component="generated"),
        AddressLiteralSpec("a", "name"),
    )
    assert not found.ignores
