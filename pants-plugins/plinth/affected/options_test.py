from __future__ import annotations

import pytest

from plinth.affected.options import ENVIRONMENT, configured, is_display_argument, reaches_tests


@pytest.mark.parametrize(
    ("scope", "name", "expected"),
    [
        ("test", "use_coverage", True),
        ("python", "interpreter_constraints", True),
        ("a scope that nobody knows", "option", True),
        ("GLOBAL", "an_option_that_nobody_knows", True),
        ("GLOBAL", "level", False),
        ("lint", "only", False),
        ("docker", "default_repository", False),
    ],
)
def test_what_is_not_known_to_reach_less_reaches_tests(
    scope: str, name: str, expected: bool
) -> None:
    assert reaches_tests(scope, name) is expected


def test_of_several_files_each_is_told_with_its_path_in_the_tree() -> None:
    files = [
        ("/clone/pants.toml", {"test": {"timeout": 1}}),
        ("/home/.pants.rc", {"test": {"timeout": 2}}),
    ]
    found = configured("/clone", files, {}, ())
    assert [(each.path, each.value) for each in found.options] == [
        ("a .pants.rc", "2"),
        ("pants.toml", "1"),
    ]
    assert [each.is_of_the_tree for each in found.options] == [False, True]


def test_the_environments_options_count_but_for_those_of_the_machine() -> None:
    env = {
        "HOME": "/home",
        "PANTS_PEX_CLI_URL_TEMPLATE": "file:///home/pex",
        "PANTS_COLORS": "true",
        "PANTS_AFFECTED_DOCUMENTS": "/elsewhere",
        "PANTS_TEST_USE_COVERAGE": "true",
    }
    (option,) = configured("/clone", (), env, ()).options
    assert (option.path, option.name) == (ENVIRONMENT, "PANTS_TEST_USE_COVERAGE")


def test_where_the_clone_is_is_no_part_of_a_value() -> None:
    one, other = (
        configured(root, [(f"{root}/pants.toml", {"a": {"b": f"{root}/x"}})], {}, ())
        for root in ("/clone", "/elsewhere")
    )
    assert one == other


def test_arguments_that_only_show() -> None:
    assert is_display_argument("--no-dynamic-ui")
    assert is_display_argument("-ldebug")
    assert not is_display_argument("--test-use-coverage")
    assert not is_display_argument("affected")
