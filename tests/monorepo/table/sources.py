"""Edits of sources: Python, tests, Dockerfiles, data, modes, links."""

from __future__ import annotations

from monorepo.edits import (
    Edit,
    all_of,
    append,
    delete,
    link,
    make_executable,
    move,
    replace,
    write,
)
from monorepo.scenario import ALL, ANY_TEST, Scenario

DOCS = ("lambdas/docs:image",)
PREVIEW = ("lambdas/preview_data:image",)
COMMENT = "\n# A comment.\n"


def _importers(module: str) -> Edit:
    text = f"from {module} import ONE\n"
    return all_of(write("lambdas/docs/two.py", text), write("lambdas/docs/two_test.py", text))


_PAIR = all_of(write("lambdas/docs/one.py", "ONE = 1\n"), _importers("docs.one"))

LIBRARY = (
    Scenario(
        "a library module edited",
        append("src/ingestion/names.py", "\nNEW = 1\n"),
        ALL,
        ("src/ingestion/names_test.py:tests", "lambdas/*:container_test", "tests/pipeline:*"),
        ("src/delivery/*", "pants-plugins/*", "tests/tools/*"),
        chain="src/ingestion/names.py",
    ),
    Scenario(
        "a comment in a library module: its bytes ship",
        append("src/ingestion/names.py", COMMENT),
        ALL,
        ("src/ingestion/names_test.py:tests",),
    ),
    Scenario(
        "a library module added",
        write("src/ingestion/brand_new.py", "NEW = 1\n"),
        ALL,
        # It imports every module by name.
        ("src/ingestion/imports_test.py:tests", "lambdas/docs:container_test"),
        ("src/ingestion/names_test.py:tests",),
    ),
    Scenario(
        "a library module deleted that others import",
        delete("src/ingestion/names.py"),
        ALL,
        ("src/ingestion/names_test.py:tests", "src/ingestion/store_test.py:tests"),
    ),
    Scenario(
        "a library module renamed, its importers not",
        move("src/ingestion/names.py", "src/ingestion/naming.py"),
        ALL,
        ("src/ingestion/names_test.py:tests",),
    ),
    Scenario(
        "the library's __init__.py edited",
        append("src/ingestion/__init__.py", COMMENT),
        ALL,
        ("src/ingestion/names_test.py:tests", "lambdas/docs/handler_test.py:tests"),
    ),
    Scenario(
        "a library module becomes executable",
        make_executable("src/ingestion/names.py"),
        ALL,
        chain="src/ingestion/names.py",
    ),
    Scenario(
        "a library module becomes a link to another",
        link("src/ingestion/names.py", "settings.py"),
        ALL,
        ("src/ingestion/names_test.py:tests",),
    ),
    Scenario(
        "a library module whose name is neither ASCII nor without blanks",
        write("src/ingestion/schön und gut.py", "NEW = 1\n"),
        ALL,
    ),
    Scenario(
        "a module that tests share edited",
        append("src/ingestion_testing/fixtures.py", COMMENT),
        (),
        ("src/ingestion/*_test.py:tests", "lambdas/*_test.py:tests"),
        ("pants-plugins/*",),
    ),
)

LAMBDA = (
    Scenario(
        "a handler edited",
        append("lambdas/docs/handler.py", COMMENT),
        DOCS,
        (
            "lambdas/docs/handler_test.py:tests",
            "lambdas/docs:container_test",
            "tests/pipeline:end_to_end",
            "tests/pipeline:api",
        ),
        (
            *("lambdas/get_schema*", "src/*", "pants-plugins/*"),
            # Parts of the pipeline that this lambda has no part in.
            *("tests/pipeline:loads", "tests/pipeline:repairs", "tests/pipeline:versions"),
        ),
        chain="lambdas/docs/handler.py",
    ),
    Scenario(
        "a lambda's own module edited",
        append("lambdas/preview_data/text_table.py", COMMENT),
        PREVIEW,
        ("lambdas/preview_data/handler_test.py:tests", "lambdas/preview_data:container_test"),
        ("lambdas/docs*", "src/*"),
    ),
    Scenario(
        "a module added to a lambda that nothing imports",
        write("lambdas/docs/brand_new.py", "NEW = 1\n"),
        DOCS,
        ("lambdas/docs:container_test",),
        ("lambdas/get_schema*", "src/*"),
    ),
    Scenario(
        "a package file added to a lambda",
        write("lambdas/docs/__init__.py", ""),
        DOCS,
        ("lambdas/docs:container_test",),
        ("lambdas/get_schema*",),
    ),
    Scenario(
        "a lambda's module deleted that its handler imports",
        delete("lambdas/preview_data/text_table.py"),
        PREVIEW,
        ("lambdas/preview_data/handler_test.py:tests",),
        ("lambdas/docs*", "src/*"),
    ),
    Scenario(
        "a lambda's module renamed, and its importers with it",
        all_of(move("lambdas/docs/one.py", "lambdas/docs/uno.py"), _importers("docs.uno")),
        DOCS,
        ("lambdas/docs/two_test.py:tests",),
        ("lambdas/preview_data*", "src/*", "lambdas/docs/handler_test.py:tests"),
        first=_PAIR,
    ),
    Scenario(
        "a module moved from a lambda into the library",
        all_of(move("lambdas/docs/one.py", "src/ingestion/one.py"), _importers("ingestion.one")),
        ALL,
        ("lambdas/docs/two_test.py:tests",),
        first=_PAIR,
    ),
    Scenario(
        "a handler becomes executable",
        make_executable("lambdas/docs/handler.py"),
        DOCS,
        (),
        ("lambdas/get_schema*",),
    ),
    Scenario(
        "two lambdas edited",
        all_of(
            append("lambdas/docs/handler.py", COMMENT),
            append("lambdas/get_schema/handler.py", COMMENT),
        ),
        ("lambdas/docs:image", "lambdas/get_schema:image"),
        (),
        ("lambdas/authorizer*",),
    ),
)

TESTS = (
    Scenario(
        "a lambda's test edited",
        append("lambdas/docs/handler_test.py", COMMENT),
        (),
        ("lambdas/docs/handler_test.py:tests",),
        ("*container_test", "lambdas/get_schema*", "src/*"),
    ),
    Scenario(
        "a container test edited",
        append("lambdas/docs/container_test.py", COMMENT),
        (),
        ("lambdas/docs:container_test",),
        ("lambdas/docs/handler_test.py:tests", "lambdas/get_schema*"),
    ),
    Scenario(
        "a library test edited",
        append("src/ingestion/names_test.py", COMMENT),
        (),
        ("src/ingestion/names_test.py:tests",),
        ("lambdas/*", "src/ingestion/store_test.py:tests"),
    ),
    Scenario(
        "a test added",
        write("src/ingestion/brand_new_test.py", "def test_new() -> None:\n    pass\n"),
        (),
        ("src/ingestion/brand_new_test.py:tests",),
        ("lambdas/*", "src/ingestion/names_test.py:tests"),
    ),
    Scenario(
        "a test deleted",
        delete("src/ingestion/names_test.py"),
        (),
        (),
        ("lambdas/*", "src/*"),
    ),
    Scenario(
        "a test renamed",
        move("src/ingestion/names_test.py", "src/ingestion/naming_test.py"),
        (),
        ("src/ingestion/naming_test.py:tests",),
        ("lambdas/*", "src/ingestion/store_test.py:tests"),
    ),
    Scenario(
        "the conftest of all lambdas edited",
        append("lambdas/conftest.py", COMMENT),
        (),
        ("lambdas/docs/handler_test.py:tests", "lambdas/authorizer/handler_test.py:tests"),
        ("src/*", "pants-plugins/*"),
    ),
    Scenario(
        "the conftest of all lambdas deleted",
        delete("lambdas/conftest.py"),
        # It is the only file of its target, which Pants then refuses.
        fails="Unmatched globs from lambdas:lambdas's `sources` field",
    ),
    Scenario(
        "the library's conftest edited",
        append("src/ingestion/conftest.py", COMMENT),
        (),
        ("src/ingestion/names_test.py:tests",),
        ("lambdas/*",),
    ),
    Scenario(
        "a test becomes executable",
        make_executable("src/ingestion/names_test.py"),
        (),
        (),
        ("lambdas/*", "src/ingestion/store_test.py:tests"),
    ),
    Scenario(
        "the harness of container tests edited",
        append("tests/containers/answer.py", COMMENT),
        (),
        ("lambdas/docs:container_test", "tests/containers/answer_test.py:tests"),
        ("lambdas/docs/handler_test.py:tests", "src/*"),
    ),
    Scenario(
        "test data edited",
        append("tests/data/seattle_weather.csv", "\n"),
        (),
        ("tests/data/*", "tests/pipeline:*"),
        ("lambdas/docs/handler_test.py:tests", "pants-plugins/*"),
    ),
)

DOCKERFILE = (
    Scenario(
        "an instruction of the base's Dockerfile edited",
        replace("base/Dockerfile", "TZ=UTC", "TZ=Europe/Berlin"),
        ALL,
        ("tests/containers:differential", "lambdas/docs:container_test"),
        ("lambdas/docs/handler_test.py:tests", "src/*"),
        chain="base:image",
    ),
    Scenario(
        "a comment in the base's Dockerfile",
        append("base/Dockerfile", "# A comment.\n"),
        (),
        # It has Docker build this very file.
        ("tests/containers:differential",),
        ("lambdas/*",),
    ),
    Scenario(
        "the base's Dockerfile deleted",
        delete("base/Dockerfile"),
        ALL,
    ),
)

ELSEWHERE = (
    Scenario("documentation edited", append("docs/figures.md", "\nMore.\n"), (), (), (ANY_TEST,)),
    Scenario("the README edited", append("README.md", "\nMore.\n"), (), (), (ANY_TEST,)),
    Scenario(
        "a file that nothing owns added",
        write("src/ingestion/notes.txt", "Notes.\n"),
        (),
        (),
        (ANY_TEST,),
    ),
    Scenario(
        "a file that git ignores added",
        write("src/ingestion/__pycache__/names.cpython-311.pyc", "bytes"),
        (),
        (),
        (ANY_TEST,),
    ),
    Scenario(
        "a measurement edited",
        append("bench/measure.py", COMMENT),
        (),
        (),
        ("lambdas/*", "src/*"),
    ),
    Scenario(
        "a step of CI edited",
        append("ci/tally.py", COMMENT),
        (),
        ("tests/tools/tally_test.py:tests",),
        ("lambdas/*", "src/*"),
    ),
)

SOURCES = (*LIBRARY, *LAMBDA, *TESTS, *DOCKERFILE, *ELSEWHERE)
