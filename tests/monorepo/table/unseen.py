"""Edits that a list of meanings, or git's view of the tree, would miss."""

from __future__ import annotations

from monorepo.edits import all_of, append, replace, write
from monorepo.scenario import ALL, Scenario

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
