"""The macro of a lambda: what its parameters become, and what it answers to wrong ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from pants.backend.docker.target_types import DockerImageInstructionsField, DockerImageTarget
from pants.backend.python import target_types_rules
from pants.engine.addresses import Address
from pants.engine.rules import QueryRule
from pants.engine.target import (
    Dependencies,
    HydratedSources,
    HydrateSourcesRequest,
    InvalidFieldException,
    SourcesField,
    Tags,
    Target,
)
from pants.testutil.rule_runner import RuleRunner, engine_error

from plinth.images.lambda_targets import TARGET_TYPES
from plinth.layers.target_types import PythonLayerTarget

MACRO = Path(__file__).with_name("lambda_function.prelude")
FOLDER = "lambdas/orders"
HANDLER = 'handler="orders.handler:handler"'


@pytest.fixture
def runner() -> RuleRunner:
    preludes = "--build-file-prelude-globs=['*.prelude']"
    runner = RuleRunner(
        rules=[*target_types_rules.rules(), QueryRule(HydratedSources, [HydrateSourcesRequest])],
        target_types=[DockerImageTarget, PythonLayerTarget, *TARGET_TYPES],
        bootstrap_args=[preludes],
    )
    runner.set_options([preludes])
    runner.write_files({MACRO.name: MACRO.read_text(), f"{FOLDER}/handler_test.py": ""})
    return runner


def declared(runner: RuleRunner, name: str, arguments: str = "") -> Target:
    """A target of a lambda that is declared with these arguments."""
    text = f"lambda_function({arguments if 'handler=' in arguments else f'{HANDLER}, {arguments}'})"
    runner.write_files({f"{FOLDER}/BUILD": text})
    file = "handler_test.py" if name == "tests" else None
    return runner.get_target(Address(FOLDER, target_name=name, relative_file_path=file))


def dependencies(target: Target) -> list[str]:
    return list(target[Dependencies].value or ())


@pytest.mark.parametrize("name", ["third_party", "code"])
def test_dependencies_are_of_both_layers(runner: RuleRunner, name: str) -> None:
    layer = declared(runner, name, 'dependencies=["src/library:data"]')
    assert dependencies(layer) == [":code_sources", "src/library:data"]


def test_dependencies_of_tests_are_of_unit_and_container_tests_alone(runner: RuleRunner) -> None:
    given = 'test_dependencies=["tests/data:files"]'
    for name in ("tests", "container_test"):
        assert "tests/data:files" in dependencies(declared(runner, name, given))
    assert dependencies(declared(runner, "code", given)) == [":code_sources"]


def test_variables_are_of_the_image_in_order_and_literal(runner: RuleRunner) -> None:
    given = """environment={"B": 'say "$HOME" \\\\', "A": ""}"""
    instructions = declared(runner, "image", given)[DockerImageInstructionsField].value or ()
    assert instructions[-3:] == (
        'ENV A=""',
        'ENV B="say \\"\\$HOME\\" \\\\"',
        'CMD ["orders.handler.handler"]',
    )


def test_facts_of_a_deployment_are_the_functions_and_not_the_images(runner: RuleRunner) -> None:
    facts = """memory=1024, timeout=60, variables={"A": "${B}"}, policies=[{"Action": "a:B"}]"""
    plain = declared(runner, "image")[DockerImageInstructionsField].value
    assert declared(runner, "image", facts)[DockerImageInstructionsField].value == plain
    fields = {f.alias: f.value for f in declared(runner, "function", facts).field_values.values()}
    assert (fields["memory"], fields["timeout"]) == (1024, 60)
    assert (fields["handler"], fields["images"]) == ("orders.handler:handler", (":image",))
    assert [dict(policy) for policy in fields["policies"] or ()] == [{"Action": "a:B"}]
    assert dict(fields["variables"] or {}) == {"A": "${B}"}


def test_tags_are_of_every_target(runner: RuleRunner) -> None:
    for name in ("code_sources", "test_utils", "tests", "events", "third_party", "code", "image"):
        assert declared(runner, name, 'tags=("slow",)')[Tags].value == ("slow",)
    assert declared(runner, "container_test", 'tags=["slow"]')[Tags].value == ("container", "slow")


def test_what_else_is_given_is_a_field_of_the_image(runner: RuleRunner) -> None:
    image = declared(runner, "image", 'image_tags=["1"], repository="shop/orders"')
    fields = {field.alias: field.value for field in image.field_values.values()}
    assert (fields["image_tags"], fields["repository"]) == (("1",), "shop/orders")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("handler='orders.handler'", "handler='orders.handler'): a handler is `module:function`"),
        ("handler=None", "handler=None): a handler is `module:function`"),
        ("base=None", "base=None): an image's address, such as '//base:image'"),
        ("path='task'", "path='task'): the folder must be absolute"),
        ("dependencies='a:b'", "dependencies='a:b'): must be a list of texts, such as ['a:b']"),
        ("dependencies=[1]", "dependencies=[1]): must be a list of texts"),
        ("test_dependencies=None", "test_dependencies=None): must be a list of texts"),
        ("tags='slow'", "tags='slow'): must be a list of texts, such as ['slow']"),
        ("environment=['A=b']", "environment=['A=b']): must be texts by name"),
        ("environment={'A': 1}", "environment={'A': 1}): must be a line of text"),
        ("environment={'A': 'b\\nc'}", "environment={'A': 'b\\nc'}): must be a line of text"),
        ("environment={'A B': 'c'}", "environment={'A B': ...}): is no name of a variable"),
        ("environment={1: 'c'}", "environment={1: ...}): is no name of a variable"),
        ("name='x'", "name='x'): is set by the macro itself"),
        ("instructions=[]", "instructions=[]): is set by the macro itself"),
    ],
)
def test_a_wrong_value_is_named_with_its_file_and_parameter(
    runner: RuleRunner, arguments: str, said: str
) -> None:
    with engine_error(contains=f"{FOLDER}/BUILD: lambda_function({said}"):
        declared(runner, "image", arguments)


def test_a_parameter_that_is_not_known_is_named(runner: RuleRunner) -> None:
    with engine_error(contains="enviroment"):
        declared(runner, "image", "enviroment={}")


def test_a_missing_container_test_is_answered_with_one(runner: RuleRunner) -> None:
    request = HydrateSourcesRequest(declared(runner, "container_test")[SourcesField])
    least = 'class TestOrders(LambdaContract):\n        layout = "lambdas.orders/image"'
    for said in (f"{FOLDER}/container_test.py is missing", least):
        with engine_error(InvalidFieldException, contains=said):
            runner.request(HydratedSources, [request])
    runner.write_files({f"{FOLDER}/container_test.py": ""})
    found = runner.request(HydratedSources, [request])
    assert found.snapshot.files == (f"{FOLDER}/container_test.py",)
