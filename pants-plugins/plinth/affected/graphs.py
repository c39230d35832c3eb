"""A small repository as a graph, for tests: a base, two lambdas on it, and their tests."""

from __future__ import annotations

from collections.abc import Iterable

from plinth.affected.graph import Graph, Layer, Node, Requirement
from plinth.affected.model import Kind

RESOLVE = "python-default"


def node(spec: str, *dependencies: str, alias: str = "target", **fields: object) -> Node:
    folder = spec.partition(":")[0].partition("#")[0]
    if fields.get("file"):
        folder = str(fields["file"]).rpartition("/")[0]
    return Node(spec, alias, folder, dependencies=tuple(sorted(dependencies)), **fields)  # type: ignore[arg-type]


def python(file: str, *dependencies: str) -> Node:
    return node(file, *dependencies, alias="python_source", file=file, python=True)


def unit_test(file: str, *dependencies: str, kind: Kind = Kind.TEST) -> Node:
    fields = {"file": file, "python": True, "kind": kind}
    return node(f"{file}:tests", *dependencies, alias="python_test", **fields)


def image(spec: str, *dependencies: str) -> Node:
    return node(spec, *dependencies, alias="docker_image", kind=Kind.IMAGE)


def requirement(*names: str, for_runtime: Iterable[str] | None = None) -> Node:
    held = names if for_runtime is None else tuple(for_runtime)
    return node(
        f"3rdparty#{names[0]}",
        alias="python_requirement",
        requirement=Requirement(RESOLVE, names, held),
    )


def layer(spec: str, *dependencies: str, content: str, less: Iterable[str] = ()) -> Node:
    taken = Layer(dependencies, content == "code", content == "packages", tuple(less))
    return node(spec, *dependencies, *less, alias="python_layer", layer=taken)


def graph(*nodes: Node) -> Graph:
    return Graph({each.spec: each for each in nodes})


def function(name: str, *needs: str) -> tuple[Node, ...]:
    """A lambda whose handler needs these targets, with all that `lambda_function` declares."""
    folder = f"lambdas/{name}"
    handler, handler_test = f"{folder}/handler.py", f"{folder}/handler_test.py"
    return (
        python(handler, *needs),
        node(f"{folder}:code_sources", handler, globs=(f"{folder}/*.py", f"!{handler_test}")),
        unit_test(handler_test, handler),
        layer(
            f"{folder}:third_party",
            f"{folder}:code_sources",
            content="packages",
            less=["base:image"],
        ),
        layer(f"{folder}:code", f"{folder}:code_sources", content="code", less=["base:image"]),
        image(f"{folder}:image", f"{folder}:third_party", f"{folder}:code", "base:image"),
        unit_test(
            f"{folder}/container_test.py",
            f"{folder}:image",
            "base:image",
            kind=Kind.CONTAINER_TEST,
        ),
    )


REPOSITORY = graph(
    requirement("boto3"),
    requirement("pyarrow"),
    requirement("requests"),
    requirement("pytest"),
    python("src/library/__init__.py"),
    python("src/library/aws.py", "3rdparty#boto3"),
    python("src/library/arrow.py", "3rdparty#pyarrow"),
    node(
        "src/library:library",
        "src/library/__init__.py",
        "src/library/aws.py",
        "src/library/arrow.py",
        globs=("src/library/*.py", "!src/library/*_test.py"),
    ),
    unit_test("src/library/aws_test.py", "src/library/aws.py", "3rdparty#pytest"),
    layer("base:packages", "3rdparty#boto3", content="packages"),
    layer("base:library", "src/library:library", content="code"),
    image("base:image", "base:packages", "base:library"),
    *function("orders", "src/library/aws.py"),
    *function("reports", "src/library/arrow.py", "3rdparty#requests"),
)
"""`reports` alone holds pyarrow and requests; boto3 is in the base."""
