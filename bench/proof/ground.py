"""What this repository lacks and others have: links, imports that may fail, stubs, `pytest.ini`.

It is committed in the scratch clone first, so that edits can change it.
"""

from __future__ import annotations

from proof.tree import LAMBDAS, Tree

LINK = "shared"
"""In a lambda's folder: leads to one of `COMMON`, which no BUILD file owns but through a link."""
COMMON = ("common/one", "common/two")
LINKED = ("docs", "get_schema")
WEAK = ("docs", "preview_data", "authorizer")
"""They import what `EXTRA` provides, and `OPTIONAL`, where these are there."""
EXTRA, OPTIONAL = "src/extra", "optional_arrow"
BLANK = "update_schema"
"""Its folder is a package whose `__init__.py` is blank."""
SETTINGS = f"{LAMBDAS}/create_schema/pytest.ini"
EXCLUDE = '"names_test.py": {"dependencies": ["!!./settings.py"]},'


def prepare(tree: Tree) -> None:
    """Write all of it."""
    for place, folder in enumerate(COMMON):
        tree.write(f"{folder}/part.py", f"PART = {place}\n")
    tree.write("common/deeper/part.py", "PART = 2\n")
    tree.link(f"{COMMON[0]}/deeper", "../deeper")
    for name in LINKED:
        tree.link(f"{LAMBDAS}/{name}/{LINK}", f"../../{COMMON[0]}")
    tree.write(f"{EXTRA}/BUILD", "python_sources()\n")
    tree.write(f"{EXTRA}/__init__.py", "")
    for module in ("part", "portion"):
        tree.write(f"{EXTRA}/{module}.py", "PART = 1\n")
    tree.write(f"{EXTRA}/portion.pyi", "PART: int\n")
    for name in WEAK:
        for module in ("extra.part", "extra.portion", OPTIONAL):
            tree.append(f"{LAMBDAS}/{name}/handler.py", _attempt(module))
    tree.write(f"{LAMBDAS}/{BLANK}/__init__.py", "")
    tree.write(SETTINGS, "[pytest]\n")
    tree.replace("src/ingestion/BUILD", "overrides={", f"overrides={{\n        {EXCLUDE}")


def _attempt(module: str) -> str:
    return f"\ntry:\n    import {module}\nexcept ImportError:\n    pass\n"
