"""Edits of what an import that may fail finds: only a dependency where exactly one provides it."""

from __future__ import annotations

import shutil
from pathlib import Path

from monorepo.edits import Edit, all_of, append, delete, move, replace, write
from monorepo.scenario import Scenario

DOCS = ("lambdas/docs:image",)
UNIT = ("lambdas/docs/handler_test.py:tests",)
OTHERS = ("lambdas/get_schema*", "src/ingestion/*", "pants-plugins/plinth/oci/*")


def _try(module: str, path: str = "lambdas/docs/handler.py") -> Edit:
    return append(path, f"\ntry:\n    import {module} as _weak\nexcept ImportError:\n    pass\n")


# A library of its own beside the one that the base holds.
_EXTRA = all_of(
    write("src/extra/BUILD", "python_sources()\n"),
    write("src/extra/__init__.py", ""),
    write("src/extra/part.py", "PART = 1\n"),
)
_WEAK = all_of(_EXTRA, _try("extra.part"))
# Below another root, by the same name.
_ANOTHER = all_of(
    write("tests/extra/BUILD", "python_sources()\n"),
    write("tests/extra/part.py", "PART = 2\n"),
)


def _to_another_resolve(root: Path) -> None:
    write("src/extra/BUILD", 'python_sources(resolve="delivery")\n')(root)


def _becomes_a_test_utility(root: Path) -> None:
    sources = 'python_sources(sources=["__init__.py"])\n'
    utilities = 'python_test_utils(name="utils", sources=["part.py"])\n'
    write("src/extra/BUILD", sources + utilities)(root)


FOUND = tuple(
    Scenario(name, edit, images, UNIT if images else (), OTHERS, first=first)
    for name, first, edit, images in (
        ("an import that may fail finds its module", _try("extra.part"), _EXTRA, DOCS),
        ("an import that may fail finds it no more", _WEAK, delete("src/extra/part.py"), DOCS),
        (
            "what an import that may fail finds, edited",
            _WEAK,
            append("src/extra/part.py", "N = 1\n"),
            DOCS,
        ),
        ("what an import that may fail finds becomes ambiguous", _WEAK, _ANOTHER, DOCS),
        (
            "what an import that may fail finds is ambiguous no more",
            all_of(_WEAK, _ANOTHER),
            lambda root: shutil.rmtree(root / "tests/extra"),
            DOCS,
        ),
        (
            "what an import that may fail finds moves to another resolve",
            _WEAK,
            _to_another_resolve,
            DOCS,
        ),
        (
            "what an import that may fail finds moves to another module",
            _WEAK,
            move("src/extra/part.py", "src/extra/portion.py"),
            DOCS,
        ),
        (
            "what an import that may fail finds becomes a test utility",
            _WEAK,
            _becomes_a_test_utility,
            (),
        ),
        (
            "a requirement that an import that may fail finds provides other modules",
            _try("requests"),
            replace(
                "3rdparty/python/BUILD",
                "module_mapping={",
                'module_mapping={\n        "requests": ["other_requests"],',
            ),
            ("lambdas/docs:image", "lambdas/push_to_catalogue:image"),
        ),
        (
            "another requirement provides the same module",
            _try("requests"),
            replace(
                "3rdparty/python/BUILD",
                "module_mapping={",
                'module_mapping={\n        "pyarrow": ["pyarrow", "requests"],',
            ),
            ("lambdas/docs:image", "lambdas/push_to_catalogue:image"),
        ),
    )
)

STUB = tuple(
    Scenario(name, edit, DOCS, UNIT, OTHERS, first=first)
    for name, first, edit in (
        (
            "a type stub provides what an import that may fail finds",
            all_of(_WEAK, delete("src/extra/part.py")),
            write("src/extra/part.pyi", "PART: int\n"),
        ),
        (
            "a type stub of what an import that may fail finds, gone",
            all_of(_WEAK, write("src/extra/part.pyi", "PART: int\n")),
            delete("src/extra/part.pyi"),
        ),
    )
)

WEAK_IMPORTS = (
    *FOUND,
    *STUB,
    Scenario(
        "an import that must not fail may fail now",
        write("lambdas/docs/part.py", "try:\n    import requests\nexcept ImportError:\n    pass\n"),
        DOCS,
        ("lambdas/docs:container_test",),
        (*UNIT, *OTHERS),
        first=write("lambdas/docs/part.py", "import requests\n"),
    ),
    Scenario(
        "what an import that may fail finds is left out of tests by `!!`",
        replace(
            "lambdas/docs/BUILD",
            'handler:handler"',
            'handler:handler", test_dependencies=["!!//src/extra/part.py"]',
        ),
        (),
        UNIT,
        (*DOCS, *OTHERS),
        first=_WEAK,
    ),
    Scenario(
        "a name in a text, of which Pants makes an import, provides nothing any more",
        delete("src/extra/part.py"),
        DOCS,
        UNIT,
        OTHERS,
        first=all_of(
            _EXTRA,
            append("lambdas/docs/handler.py", '\n_NAMED = "extra.part.PART"\n'),
            replace("pants.toml", "[python-infer]", "[python-infer]\nstring_imports = true"),
        ),
    ),
)
