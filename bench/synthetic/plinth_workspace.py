"""A made-up monorepo as this repository is one: its plugins, its configuration, its macro."""

from __future__ import annotations

from synthetic.graph import BASE, Graph
from synthetic.sources import REQUEST, Edit, distribution, requested, sources

# What is taken over from this repository as it is, below these folders or by these names.
OURS = (
    *(".gitignore", "pants", "pants.toml", "base/Dockerfile"),
    *("3rdparty/debian/", "3rdparty/tools/", "pants-plugins/"),
)

_EMULATOR = """\
wheel_file(
    name="emulator",
    lock="3rdparty/tools/emulator/requirements.txt",
    requirement="aws-sam-cli",
    path="samcli/local/rapid/aws-lambda-rie-x86_64",
    executable=True,
)

python_sources()
"""

_BASE = """\
python_layer(
    name="third_party",
    content=["third_party"],
    path="/opt/python",
    interpreter="//3rdparty/debian:python",
    dependencies=[{requirements}],
)

python_layer(
    name="library",
    content=["first_party"],
    path="/opt/python",
    interpreter="//3rdparty/debian:python",
    dependencies=[{modules}],
)

docker_image(
    name="image",
    dependencies=["//3rdparty/debian:runtime", ":third_party", ":library"],
)
"""

_TEST = """\
from __future__ import annotations

from {name} import handler


def test_step() -> None:
    assert handler.step_0({{}}) == {{"step": 0}}
"""

_CONTAINER_TEST = """\
from __future__ import annotations

from containers import harness


def test_container() -> None:
    assert harness.LAYOUTS
"""


def taken_over(path: str) -> bool:
    """Whether a file of this repository belongs into the made-up one. Its plugins' tests do not."""
    ours = any(path == each or (each.endswith("/") and path.startswith(each)) for each in OURS)
    of_plugins = path.startswith("pants-plugins/")
    return ours and not (of_plugins and (path.endswith(("_test.py", "BUILD"))))


def plinth_workspace(graph: Graph) -> dict[str, str]:
    """All files that are not taken over, by path."""
    files = {
        **sources(graph),
        REQUEST: "".join(f"{distribution(each)}\n" for each in requested(graph)),
        "3rdparty/python/BUILD": 'python_requirements(source="requirements.in")\n',
        "base/BUILD": _base(graph),
        "tests/containers/BUILD": _EMULATOR,
        "tests/containers/harness.py": 'LAYOUTS = "dist"\n',
    }
    for name in graph.modules:
        files[f"src/{name}/BUILD"] = "python_sources()\n"
    for name in graph.lambdas:
        files[f"lambdas/{name}/BUILD"] = _function(name)
        files[f"lambdas/{name}/handler_test.py"] = _TEST.format(name=name)
        files[f"lambdas/{name}/container_test.py"] = _CONTAINER_TEST
    return files


def edit_build_file(graph: Graph, name: str, number: int) -> Edit:
    """One more thing that a lambda's tests depend on, another one each time."""
    module = graph.modules[number % len(graph.modules)]
    text = f'{_function(name)[:-2]}, test_dependencies=["//src/{module}"])\n'
    return Edit(f"lambdas/{name}/BUILD", text, frozenset())


def image_address(image: str) -> str:
    """The target of an image."""
    return f"{BASE}:image" if image == BASE else f"lambdas/{image}:image"


def images_in(addresses: list[str]) -> frozenset[str]:
    """The images among targets."""
    of_images = (each.removeprefix("//") for each in addresses if each.endswith(":image"))
    return frozenset(each.removeprefix("lambdas/").removesuffix(":image") for each in of_images)


def _function(name: str) -> str:
    return f'lambda_function(handler="{name}.handler:handler")\n'


def _base(graph: Graph) -> str:
    requirements = graph.direct(BASE, graph.requirements)
    return _BASE.format(
        requirements=", ".join(
            f'"//3rdparty/python#{distribution(each)}"' for each in requirements
        ),
        modules=", ".join(f'"//src/{each}"' for each in graph.direct(BASE, graph.modules)),
    )
