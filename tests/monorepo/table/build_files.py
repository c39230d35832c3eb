"""Edits of BUILD files."""

from __future__ import annotations

import shutil
from pathlib import Path

from monorepo.edits import all_of, append, prepend, replace, replace_all, write
from monorepo.scenario import ALL, ANY_TEST, OF_THE_APPLICATION, Scenario

DOCS = "lambdas/docs/BUILD"
# Tests that read the BUILD files of all lambdas as text.
READ_THEM = (
    "tests/monorepo:affected_*",
    "tests/monorepo:moved_module",
    "tests/monorepo:update",
)


def _last_target_first(root: Path) -> None:
    path = root / "base/BUILD"
    first, *others = path.read_text().split("\n\n")
    path.write_text("\n\n".join((*reversed(others), first)) + "\n")


_NEW_LAMBDA = all_of(
    write("lambdas/papers/BUILD", 'lambda_function(handler="papers.handler:handler")\n'),
    write("lambdas/papers/handler.py", "def handler(event, context):\n    return event\n"),
    write("lambdas/papers/handler_test.py", "from papers.handler import handler\n"),
    write("lambdas/papers/container_test.py", "def test_new() -> None:\n    pass\n"),
    write("lambdas/papers/events/one.json", "{}\n"),
)


def _removed_lambda(root: Path) -> None:
    shutil.rmtree(root / "lambdas/docs")


NOTHING = tuple(
    Scenario(name, edit, (), tests, (ANY_TEST,))
    for name, edit, tests in (
        ("a comment in a BUILD file", prepend("base/BUILD", "# A comment.\n"), ()),
        ("the targets of a BUILD file in another order", _last_target_first, ()),
        (
            "a BUILD file in another layout",
            replace_all(DOCS, r"lambda_function\((.*)\)", r"lambda_function(\n    \1,\n)"),
            READ_THEM,
        ),
        (
            "an explicit default value",
            replace("tests/containers/BUILD", "timeout=600,", "timeout=600, skip_tests=False,"),
            (),
        ),
        (
            "a macro's default spelled out",
            replace(DOCS, ':handler"', ':handler", base="//base:image"'),
            READ_THEM,
        ),
        (
            "a target added that nothing needs",
            append("base/BUILD", '\nfile(name="new", source="BUILD")\n'),
            (),
        ),
        (
            "a description",
            replace("base/BUILD", 'name="image",', 'name="image", description="The base.",'),
            (),
        ),
    )
)

SOMETHING = (
    Scenario(
        "a field of a base layer",
        replace("base/BUILD", 'path="/opt/python"', 'path="/opt/lib"'),
        ALL,
        ("lambdas/docs:container_test",),
        ("lambdas/docs/handler_test.py:tests", "src/*"),
        chain="base:third_party",
    ),
    Scenario(
        "a requirement added to the base",
        replace(
            "base/BUILD",
            "python#pydantic",
            'python#requests",\n        "//3rdparty/python#pydantic',
        ),
        ALL,
        (),
        ("src/*",),
    ),
    Scenario(
        "a lambda's handler in its BUILD file",
        replace(DOCS, "handler:handler", "handler:other"),
        ("lambdas/docs:image",),
        ("lambdas/docs:container_test",),
        ("lambdas/docs/handler_test.py:tests", "lambdas/get_schema*", "src/*"),
    ),
    Scenario(
        "a lambda's memory: what it is deployed with, and nothing of its image",
        replace(DOCS, 'handler:handler"', 'handler:handler", memory=1024'),
        (),
        (*OF_THE_APPLICATION, *READ_THEM),
        (ANY_TEST,),
        chain="lambdas/docs:function: memory",
    ),
    Scenario(
        "a lambda's permission",
        replace("lambdas/get_schema/BUILD", '"MetadataBucket"', '"DataBucket", "MetadataBucket"'),
        (),
        (*OF_THE_APPLICATION, *READ_THEM),
        (ANY_TEST,),
    ),
    Scenario(
        "a lambda's path in its BUILD file",
        replace(DOCS, 'handler:handler"', 'handler:handler", path="/var/other"'),
        ("lambdas/docs:image",),
        (),
        ("lambdas/get_schema*", "src/*"),
    ),
    Scenario(
        "the timeout of one test",
        replace("tests/pipeline/BUILD", "timeout=600", "timeout=601"),
        (),
        ("tests/pipeline:end_to_end",),
        ("lambdas/*", "src/*", "tests/containers*"),
    ),
    Scenario(
        "a default for all tests of the lambdas",
        append("lambdas/BUILD", "\n__defaults__({lambda_tests: dict(timeout=77)})\n"),
        (),
        ("lambdas/docs/handler_test.py:tests", "lambdas/authorizer/handler_test.py:tests"),
        ("src/*", "pants-plugins/*"),
    ),
    Scenario(
        "an image added",
        append(
            "base/BUILD",
            '\ndocker_image(name="other", instructions=["FROM scratch", "ENV A=b"])\n',
        ),
        ("base:other",),
        (),
        ("lambdas/*", "src/*"),
    ),
    Scenario(
        "a target renamed that a test names",
        replace("base/BUILD", 'name="dockerfile"', 'name="the_dockerfile"'),
        (),
        ("tests/containers:differential",),
        ("lambdas/*", "src/*"),
    ),
    Scenario(
        "a lambda added",
        _NEW_LAMBDA,
        ("lambdas/papers:image",),
        (
            "lambdas/papers/*_test.py:tests",
            "lambdas/papers:container_test",
            "tests/monorepo:moved_module",
        ),
        ("lambdas/get_schema*", "src/*"),
    ),
    Scenario(
        "a lambda removed that a test of all of them names",
        _removed_lambda,
        (),
        ("tests/pipeline:end_to_end",),
        ("lambdas/get_schema*", "src/*"),
    ),
    Scenario(
        "a folder's first BUILD file",
        write("docs/decisions/BUILD", 'files(sources=["*.md"])\n'),
        (),
        (),
        (ANY_TEST,),
    ),
)

BUILD_FILES = (*NOTHING, *SOMETHING)
