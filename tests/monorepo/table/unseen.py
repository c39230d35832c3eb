"""Edits that a list of meanings, or git's view of the tree, would miss."""

from __future__ import annotations

from pathlib import Path

from monorepo.edits import all_of, append, delete, replace, write
from monorepo.scenario import ALL, Scenario

HIDDEN = write("lambdas/docs/hidden.py", "HIDDEN = 1\n")


def excludes_file(root: Path) -> None:
    """What `git config --global core.excludesFile` is for."""
    write(".git/of_a_user", "hidden.py\n")(root)
    append(".git/config", "[core]\n\texcludesFile = .git/of_a_user\n")(root)


UNSEEN = (
    Scenario(
        "a module that git ignores by a nested .gitignore, and Pants takes",
        all_of(
            write("lambdas/docs/.gitignore", "hidden.py\n"),
            write("lambdas/docs/hidden.py", "HIDDEN = 1\n"),
        ),
        ("lambdas/docs:image",),
        ("lambdas/docs:container_test",),
        ("lambdas/get_schema*", "src/*"),
    ),
    Scenario(
        "a module that git ignores by .git/info/exclude, and Pants takes",
        all_of(write(".git/info/exclude", "hidden.py\n"), HIDDEN),
        ("lambdas/docs:image",),
        ("lambdas/docs:container_test",),
        ("lambdas/get_schema*", "src/*"),
    ),
    Scenario(
        "a module that git ignores by core.excludesFile, and Pants takes",
        all_of(excludes_file, HIDDEN),
        ("lambdas/docs:image",),
        ("lambdas/docs:container_test",),
        ("lambdas/get_schema*", "src/*"),
    ),
    Scenario(
        "a BUILD file that git ignored, and Pants read",
        write(".git/info/exclude", ""),
        (),
        ("src/ingestion/ignored:new",),
        ("lambdas/*", "src/delivery/*"),
        first=all_of(
            write(".git/info/exclude", "src/ingestion/ignored/BUILD\n"),
            write("src/ingestion/ignored/BUILD", 'python_test(name="new", source="new_test.py")\n'),
            write("src/ingestion/ignored/new_test.py", "def test_new() -> None:\n    pass\n"),
        ),
    ),
    Scenario(
        "the library's __init__.py goes blank",
        write("src/ingestion/__init__.py", "\n"),
        ALL,
        ("src/ingestion/names_test.py:tests", "lambdas/docs/handler_test.py:tests"),
    ),
    Scenario(
        "an __init__.py that no target owns, above modules that tests are given",
        write("src/__init__.py", "ABOVE = 1\n"),
        (),
        ("src/ingestion/names_test.py:tests", "lambdas/docs/handler_test.py:tests"),
        ("pants-plugins/*", "tests/tools/*"),
    ),
    Scenario(
        "the library's __init__.py gone",
        delete("src/ingestion/__init__.py"),
        ALL,
        ("src/ingestion/names_test.py:tests", "lambdas/docs/handler_test.py:tests"),
    ),
    Scenario(
        "a lambda's blank __init__.py gets content",
        write("lambdas/docs/__init__.py", "ABOVE = 1\n"),
        ("lambdas/docs:image",),
        ("lambdas/docs/handler_test.py:tests",),
        ("lambdas/get_schema*", "src/*"),
        first=write("lambdas/docs/__init__.py", ""),
    ),
    Scenario(
        "a lambda's blank __init__.py gone",
        delete("lambdas/docs/__init__.py"),
        ("lambdas/docs:image",),
        ("lambdas/docs/handler_test.py:tests",),
        ("lambdas/get_schema*", "src/*"),
        first=write("lambdas/docs/__init__.py", ""),
    ),
    Scenario(
        "a type stub beside a module",
        write("src/ingestion/names.pyi", "NEW: int\n"),
        ALL,
        ("src/ingestion/names_test.py:tests",),
        ("pants-plugins/*",),
    ),
    Scenario(
        "a file that configures pytest in a folder",
        write("src/ingestion/pytest.ini", "[pytest]\n"),
        (),
        ("src/ingestion/names_test.py:tests",),
        ("lambdas/*", "src/delivery/*", "pants-plugins/*"),
    ),
    *(
        Scenario(
            f"a {name} in the root of the repository",
            write(name, text),
            (),
            ("src/ingestion/names_test.py:tests", "lambdas/docs/handler_test.py:tests"),
        )
        for name, text in (
            ("pytest.ini", "[pytest]\n"),
            ("tox.ini", "[pytest]\n"),
            ("setup.cfg", "[tool:pytest]\n"),
            ("pyproject.toml", "[tool.pytest.ini_options]\n"),
        )
    ),
    Scenario(
        "a file that configures pytest in a folder, edited",
        write("src/ingestion/pytest.ini", "[pytest]\naddopts = -p no:cacheprovider\n"),
        (),
        ("src/ingestion/names_test.py:tests",),
        ("lambdas/*", "src/delivery/*", "pants-plugins/*"),
        first=write("src/ingestion/pytest.ini", "[pytest]\n"),
    ),
    Scenario(
        "a conftest.py between others",
        write("lambdas/docs/conftest.py", "BETWEEN = 1\n"),
        (),
        ("lambdas/docs/handler_test.py:tests",),
        ("lambdas/get_schema*", "src/*"),
    ),
    Scenario(
        "a transitive exclude taken back",
        replace("src/ingestion/BUILD", '"!!./names.py"', ""),
        (),
        ("src/ingestion/names_test.py:tests",),
        ("lambdas/*", "src/ingestion/store_test.py:tests"),
        first=replace(
            "src/ingestion/BUILD",
            "overrides={",
            'overrides={\n        "names_test.py": {"dependencies": ["!!./names.py"]},',
        ),
    ),
    Scenario(
        "a transitive exclude",
        replace(
            "src/ingestion/BUILD",
            "overrides={",
            'overrides={\n        "names_test.py": {"dependencies": ["!!./names.py"]},',
        ),
        (),
        ("src/ingestion/names_test.py:tests",),
        ("lambdas/*", "src/ingestion/store_test.py:tests"),
    ),
    Scenario(
        "a requirement that provides another module",
        replace(
            "3rdparty/python/BUILD",
            "module_mapping={",
            'module_mapping={\n        "requests": ["other_requests"],',
        ),
        ("lambdas/push_to_catalogue:image",),
        ("lambdas/push_to_catalogue:container_test",),
        ("pants-plugins/*", "lambdas/docs*"),
    ),
    Scenario(
        "a requirement that provides type stubs of a module",
        replace(
            "3rdparty/python/BUILD",
            "module_mapping={",
            # Of one that nothing imports: what has stubs provides its own modules no more.
            'type_stubs_module_mapping={"flask-cors": ["requests"]},\n    module_mapping={',
        ),
        ("lambdas/push_to_catalogue:image",),
        ("lambdas/push_to_catalogue:container_test",),
        ("pants-plugins/*", "lambdas/docs*"),
    ),
    Scenario(
        "an import that may fail",
        append(
            "lambdas/docs/handler.py",
            "\ntry:\n    import requests as _requests\nexcept ImportError:\n    pass\n",
        ),
        ("lambdas/docs:image",),
        ("lambdas/docs/handler_test.py:tests",),
        ("lambdas/get_schema*", "src/*"),
    ),
)
