"""Edits that a list of meanings would miss, of what `ground` prepares. Each says what it did."""

from __future__ import annotations

from proof.ground import BLANK, COMMON, EXCLUDE, EXTRA, LINK, LINKED, OPTIONAL, SETTINGS
from proof.tree import LAMBDAS, LIBRARY, Tree


def link_folder(tree: Tree) -> str:
    name = tree.random.choice([each for each in tree.lambdas() if each not in LINKED])
    to = tree.random.choice(COMMON)
    tree.link(f"{LAMBDAS}/{name}/{LINK}", f"../../{to}")
    return f"{LAMBDAS}/{name}/{LINK} links to {to}"


def link_elsewhere(tree: Tree) -> str:
    path = f"{LAMBDAS}/{tree.random.choice(LINKED)}/{LINK}"
    tree.link(path, f"../../{COMMON[1]}")
    return f"{path} links to {COMMON[1]} now"


def unlink(tree: Tree) -> str:
    path = f"{LAMBDAS}/{tree.random.choice(LINKED)}/{LINK}"
    (tree.root / path).unlink()
    return f"the link {path} is gone"


def edit_behind_link(tree: Tree) -> str:
    path = f"{tree.random.choice([*COMMON, 'common/deeper'])}/part.py"
    tree.append(path, f"_PROVED = {tree.number()}\n")
    return f"new line in {path}, which lambdas may have by a link"


def nest_link(tree: Tree) -> str:
    path = f"{tree.random.choice(COMMON)}/nested"
    tree.link(path, "../deeper")
    return f"new link {path} behind a link"


def hide_module(tree: Tree) -> str:
    """One that git ignores and Pants takes."""
    folder = tree.random.choice([LIBRARY, *(f"{LAMBDAS}/{name}" for name in tree.lambdas())])
    name = f"hidden_{tree.number()}{tree.random.choice(['', '_test'])}.py"
    tree.write(f"{folder}/{name}", "def test_hidden() -> None:\n    assert True\n")
    how = tree.random.choice([".git/info/exclude", "core.excludesFile", ".gitignore"])
    if how == "core.excludesFile":
        tree.write(".git/of_a_user", f"{name}\n")
        text = tree.read(".git/config")
        tree.write(".git/config", f"{text}[core]\n\texcludesFile = .git/of_a_user\n")
    else:
        tree.write(how if how.startswith(".git/") else f"{folder}/{how}", f"{name}\n")
    return f"new {folder}/{name}, which git ignores by {how}"


def weak_import_finds_otherwise(tree: Tree) -> str:
    what = tree.random.choice(["edit", "gone", "moved", "ambiguous", "resolve", "test", "stub"])
    part, build = f"{EXTRA}/part.py", f"{EXTRA}/BUILD"
    if what == "edit":
        tree.append(part, f"_PROVED = {tree.number()}\n")
    elif what == "gone":
        (tree.root / part).unlink()
    elif what == "moved":
        (tree.root / part).rename(tree.root / EXTRA / "share.py")
    elif what == "ambiguous":
        tree.write("tests/extra/BUILD", "python_sources()\n")
        tree.write("tests/extra/part.py", "PART = 2\n")
    elif what == "resolve":
        tree.write(build, 'python_sources(resolve="delivery")\n')
    elif what == "test":
        text = 'python_sources(sources=["*.py", "*.pyi", "!part.py"])\n'
        tree.write(build, f'{text}python_test_utils(name="utils", sources=["part.py"])\n')
    else:
        (tree.root / f"{EXTRA}/portion.pyi").unlink()
    return f"what an import that may fail finds: {what}"


def map_module(tree: Tree) -> str:
    old = "module_mapping={"
    if tree.random.random() < 0.5:
        new = f'{old}\n        "pyarrow": ["pyarrow", "{OPTIONAL}"],'
    else:
        new = f'type_stubs_module_mapping={{"requests": ["{OPTIONAL}"]}},\n    {old}'
    tree.replace("3rdparty/python/BUILD", old, new)
    return f"3rdparty/python/BUILD: {new.split(':')[0].strip()} … {OPTIONAL}"


def exclude(tree: Tree) -> str:
    if tree.random.random() < 0.4:
        tree.replace("src/ingestion/BUILD", EXCLUDE, "")
        return "a `!!` of a test's dependencies taken back"
    name = tree.random.choice(["docs", "preview_data"])
    found = tree.random.choice(["//src/extra/part.py", "//src/ingestion/names.py"])
    build = f"{LAMBDAS}/{name}/BUILD"
    tree.replace(build, "lambda_function(", f'lambda_function(test_dependencies=["!!{found}"], ')
    return f"{build} excludes {found} from its tests"


def configure_pytest(tree: Tree) -> str:
    what = tree.random.choice(["edit", "gone", "new", "root", "conftest"])
    folder = f"{LAMBDAS}/{tree.random.choice(tree.lambdas())}"
    if what == "gone":
        (tree.root / SETTINGS).unlink()
        return f"{SETTINGS} is gone"
    path, text = {
        "edit": (SETTINGS, f"[pytest]\n# {tree.number()}\n"),
        "new": (f"{tree.random.choice([LIBRARY, folder])}/pytest.ini", "[pytest]\n"),
        "root": (tree.random.choice(["pytest.ini", "setup.cfg"]), "[tool:pytest]\n[pytest]\n"),
        "conftest": (f"{folder}/conftest.py", f"PROVED = {tree.number()}\n"),
    }[what]
    tree.write(path, text)
    return f"{path} written ({what})"


def edit_init(tree: Tree) -> str:
    blank, library = f"{LAMBDAS}/{BLANK}/__init__.py", f"{LIBRARY}/__init__.py"
    what = tree.random.choice(["content", "blank", "gone", "new", "above"])
    path, text = {
        "content": (blank, f"PROVED = {tree.number()}\n"),
        "blank": (library, "\n"),
        "gone": (blank, ""),
        "new": (f"{LAMBDAS}/{tree.random.choice(tree.lambdas())}/__init__.py", ""),
        "above": ("src/__init__.py", f"PROVED = {tree.number()}\n"),
    }[what]
    if what == "gone":
        (tree.root / path).unlink()
    else:
        tree.write(path, text)
    return f"{path}: {what}"


UNSEEN_EDITS = {
    link_folder: 2,
    link_elsewhere: 1,
    unlink: 1,
    edit_behind_link: 2,
    nest_link: 1,
    hide_module: 3,
    weak_import_finds_otherwise: 5,
    map_module: 2,
    exclude: 2,
    configure_pytest: 3,
    edit_init: 3,
}
