from __future__ import annotations

from pathlib import Path

import pytest
from pants.backend.docker.target_types import DockerImageTarget
from pants.core.target_types import GenericTarget
from pants.engine.addresses import Address
from pants.engine.target import Target
from pants.engine.unions import UnionMembership

from plinth.images.errors import ImageError
from plinth.images.goals.invoke import event_path, the_image
from plinth.images.target_types import RunWithField

_PLUGIN_FIELDS = UnionMembership.from_rules([DockerImageTarget.register_plugin_field(RunWithField)])
OTHER = GenericTarget({}, Address("lambdas", target_name="other"))


def image(name: str, **fields: str) -> Target:
    given = {"instructions": ["FROM scratch"], **fields}
    return DockerImageTarget(given, Address("lambdas", target_name=name), _PLUGIN_FIELDS)


def test_the_one_image_that_has_a_program_is_invoked() -> None:
    app = image("app", run_with="//run.py")
    assert the_image([OTHER, app, image("base")]) is app


@pytest.mark.parametrize(
    ("targets", "says"),
    [
        ([], "No image is selected"),
        ([OTHER], "No image is selected"),
        ([image("base")], r"lambdas:base cannot be invoked: .* has no `run_with`"),
        (
            [image(name, run_with="//run.py") for name in "abcde"],
            "for one lambda, not 5: lambdas:a, lambdas:b, lambdas:c and 2 more",
        ),
    ],
)
def test_none_or_several_are_an_error(targets: list[Target], says: str) -> None:
    with pytest.raises(ImageError, match=says):
        the_image(targets)


def test_an_event_is_a_file_relative_to_where_the_user_is(tmp_path: Path) -> None:
    (tmp_path / "event.json").write_text("{}")
    assert event_path("event.json", str(tmp_path)) == f"{tmp_path}/event.json"
    assert event_path(f"{tmp_path}/event.json", "/") == f"{tmp_path}/event.json"
    assert event_path("-", str(tmp_path)) == "-"


@pytest.mark.parametrize(("given", "says"), [(None, "Which event"), ("none.json", "no event at")])
def test_no_event_is_an_error(tmp_path: Path, given: str | None, says: str) -> None:
    with pytest.raises(ImageError, match=says):
        event_path(given, str(tmp_path))
