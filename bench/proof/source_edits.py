"""Edits of Python sources and of files beside them. Each says what it did."""

from __future__ import annotations

import ast
import re

from proof.tree import FIRST_IMPORT, LAMBDAS, LIBRARY, Tree


def edit_code(tree: Tree) -> str:
    path = tree.random.choice(tree.shipped())
    tree.append(path, f"\n\n_PROVED_{tree.number()} = True\n")
    return f"new line in {path}"


def edit_comment(tree: Tree) -> str:
    path = tree.random.choice(tree.shipped())
    tree.append(path, f"# {tree.number()}\n")
    return f"new comment in {path}"


def edit_test(tree: Tree) -> str:
    path = tree.random.choice(tree.tests())
    tree.append(path, f"\n\ndef test_proved_{tree.number()}() -> None:\n    assert True\n")
    return f"new test in {path}"


def add_module(tree: Tree) -> str:
    folders = [f"{LAMBDAS}/{name}" for name in tree.lambdas()]
    path = f"{tree.random.choice([LIBRARY, *folders])}/proved_{tree.number()}.py"
    tree.write(path, '"""Nothing imports it yet."""\n\nPROVED = True\n')
    return f"new module {path}"


def add_test(tree: Tree) -> str:
    folder = tree.random.choice([LIBRARY, *(f"{LAMBDAS}/{name}" for name in tree.lambdas())])
    path = f"{folder}/proved_{tree.number()}_test.py"
    tree.write(path, "def test_proved() -> None:\n    assert True\n")
    return f"new test file {path}"


def delete_test(tree: Tree) -> str:
    path = tree.random.choice(tree.tests())
    (tree.root / path).unlink()
    return f"deleted {path}"


def add_import(tree: Tree) -> str:
    module = tree.random.choice(["requests", "pyarrow", "pydantic", "ingestion.names"])
    handlers = tree.files(f"{LAMBDAS}/*/handler.py")
    path = tree.random.choice([each for each in handlers if FIRST_IMPORT in tree.read(each)])
    tree.replace(path, FIRST_IMPORT, f"{FIRST_IMPORT}\nimport {module} as _proved\n")
    return f"{path} imports {module}"


def make_executable(tree: Tree) -> str:
    path = tree.random.choice(tree.shipped())
    (tree.root / path).chmod(0o755)
    # Pants' daemon does not hear of a mode that changes by itself.
    tree.write(path, tree.read(path))
    return f"mode 755 for {path}"


def rename_test(tree: Tree) -> str:
    path = tree.random.choice(tree.tests())
    new = path.replace("_test.py", f"_{tree.number()}_test.py")
    (tree.root / path).rename(tree.root / new)
    return f"{path} renamed to {new}"


def rename_handler(tree: Tree) -> str:
    name = tree.random.choice(tree.lambdas())
    folder = tree.root / LAMBDAS / name
    (folder / "handler.py").rename(folder / "entry.py")
    for path in tree.files(f"{LAMBDAS}/{name}/*"):
        text = re.sub(rf"\b{name}\.handler\b", f"{name}.entry", tree.read(path))
        imports = rf"from {name} import handler\b(?! as)"
        text = re.sub(imports, f"from {name} import entry as handler", text)
        tree.write(
            path, text.replace(f"from {name} import handler as", f"from {name} import entry as")
        )
    return f"{LAMBDAS}/{name}/handler.py renamed to entry.py"


def rename_module(tree: Tree) -> str:
    modules = [path for path in tree.shipped() if path.startswith(f"{LIBRARY}/")]
    path = tree.random.choice([each for each in modules if not each.endswith("/__init__.py")])
    old = path.removeprefix(f"{LIBRARY}/").removesuffix(".py")
    new = f"{old}_{tree.number()}"
    (tree.root / path).rename(tree.root / LIBRARY / f"{new}.py")
    for user in tree.files("src/**/*.py", f"{LAMBDAS}/**/*.py", "tests/**/*.py"):
        text = tree.read(user)
        renamed = _with_imports_of(text, old, new)
        if renamed != text:
            tree.write(user, renamed)
    return f"{path} renamed to {new}.py, with all imports of it"


def _with_imports_of(text: str, old: str, new: str) -> str:
    """The text of a module that imports `ingestion.<old>`, importing `ingestion.<new>`."""
    text = re.sub(rf"\bingestion\.{old}\b", f"ingestion.{new}", text)
    lines = text.splitlines(keepends=True)
    for statement in ast.walk(ast.parse(text)):
        if isinstance(statement, ast.ImportFrom) and statement.module == "ingestion":
            first, last = statement.lineno - 1, statement.end_lineno or statement.lineno
            for alias in statement.names:
                if alias.name == old:
                    head, word, tail = "".join(lines[first:last]).partition("import")
                    shown = new if alias.asname else f"{new} as {old}"
                    tail = re.sub(rf"\b{old}\b", shown, tail, count=1)
                    # As many entries as before, so that later statements are where they were.
                    lines[first:last] = [head + word + tail, *[""] * (last - first - 1)]
    return "".join(lines)


def edit_docs(tree: Tree) -> str:
    path = tree.random.choice(tree.files("*.md", "docs/*.md"))
    tree.append(path, f"\n{tree.number()}\n")
    return f"new line in {path}"


SOURCE_EDITS = {
    edit_code: 5,
    edit_comment: 2,
    edit_test: 2,
    add_module: 2,
    add_test: 1,
    delete_test: 1,
    add_import: 3,
    make_executable: 1,
    rename_test: 1,
    rename_handler: 1,
    rename_module: 2,
    edit_docs: 1,
}
