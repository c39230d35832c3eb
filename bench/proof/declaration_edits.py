"""Edits of BUILD files, Dockerfiles and macros. Each says what it did."""

from __future__ import annotations

import re
import shutil

from proof.tree import LAMBDAS, Tree

_PRELUDE = "pants-plugins/plinth/images/lambda_function.prelude"
_BASE, _DOCKERFILE = "base/BUILD", "base/Dockerfile"
_DEFAULTS = {"base": "//base:image", "path": "/var/task"}


def comment_build(tree: Tree) -> str:
    path = tree.random.choice(tree.files("base/BUILD", "src/*/BUILD", f"{LAMBDAS}/*/BUILD"))
    tree.append(path, f"# {tree.number()}\n")
    return f"new comment in {path}"


def spell_out_default(tree: Tree) -> str:
    path = tree.random.choice(tree.files(f"{LAMBDAS}/*/BUILD"))
    name = tree.random.choice(sorted(_DEFAULTS))
    tree.replace(path, "lambda_function(", f'lambda_function({name}="{_DEFAULTS[name]}", ')
    return f"{path} spells out the default of {name}"


def move_lambda_in_image(tree: Tree) -> str:
    path = tree.random.choice(tree.files(f"{LAMBDAS}/*/BUILD"))
    tree.replace(path, "lambda_function(", f'lambda_function(path="/opt/{tree.number()}", ')
    return f"{path} puts its code elsewhere in the image"


def describe(tree: Tree) -> str:
    target = tree.random.choice(["docker_image(", "python_layer("])
    tree.replace(_BASE, target, f'{target}description="{tree.number()}", ')
    return f"{_BASE} describes a {target.rstrip('(')}"


def tag_sources(tree: Tree) -> str:
    path = tree.random.choice(tree.files("src/*/BUILD"))
    tree.replace(path, "python_sources(", f'python_sources(tags=["{tree.number()}"], ')
    return f"{path} tags its sources"


def default_timeout(tree: Tree) -> str:
    path = f"{LAMBDAS}/BUILD"
    tree.append(path, f"__defaults__({{python_test: dict(timeout={tree.number()})}})\n")
    return f"{path} sets a default of tests"


def add_unused_target(tree: Tree) -> str:
    path = tree.random.choice(tree.files("src/*/BUILD", f"{LAMBDAS}/*/BUILD"))
    tree.append(path, f'files(name="proved_{tree.number()}", sources=["BUILD"])\n')
    return f"new target in {path} that nothing needs"


def carry_more(tree: Tree) -> str:
    name = tree.random.choice(["requests", "pyarrow"])
    tree.replace(
        _BASE, '"//3rdparty/python#boto3"', f'"//3rdparty/python#boto3", "//3rdparty/python#{name}"'
    )
    return f"the base carries {name}"


def leave_out_of_runtime(tree: Tree) -> str:
    path = "3rdparty/debian/BUILD"
    folder = tree.random.choice(["usr/share/doc", "usr/lib/python3.11/curses"])
    tree.replace(path, "exclude_paths=[", f'exclude_paths=["{folder}", ')
    return f"{path} leaves out {folder}"


def comment_dockerfile(tree: Tree) -> str:
    tree.replace(_DOCKERFILE, "\nADD", f"\n# {tree.number()}\nADD")
    return f"new comment in {_DOCKERFILE}"


def edit_dockerfile(tree: Tree) -> str:
    line = tree.random.choice(["ENV PROVED={}", "LABEL proved={}", "EXPOSE {}"])
    tree.append(_DOCKERFILE, line.format(tree.random.randrange(1024, 2**16)) + "\n")
    return f"new {line.split(' ')[0]} in {_DOCKERFILE}"


def comment_macro(tree: Tree) -> str:
    tree.append(_PRELUDE, f"# {tree.number()}\n")
    return f"new comment in {_PRELUDE}"


def edit_macro(tree: Tree) -> str:
    tree.replace(
        _PRELUDE, '"FROM $BASE",', f'"FROM $BASE",\n            "ENV PROVED={tree.number()}",'
    )
    return f"{_PRELUDE} sets a variable in every lambda's image"


def add_lambda(tree: Tree) -> str:
    old = tree.random.choice(tree.lambdas())
    new = f"{old}_{tree.number()}"
    shutil.copytree(tree.root / LAMBDAS / old, tree.root / LAMBDAS / new)
    for path in tree.files(f"{LAMBDAS}/{new}/*"):
        tree.write(path, re.sub(rf"\b{old}\b(?=[./])|(?<=from ){old}\b", new, tree.read(path)))
    return f"new lambda {new}, a copy of {old}"


def remove_lambda(tree: Tree) -> str:
    tests = "".join(map(tree.read, tree.files("tests/*/*.py")))
    imported = set(re.findall(r"^(?:from|import) (\w+)\b", tests, re.MULTILINE))
    name = tree.random.choice([each for each in tree.lambdas() if each not in imported])
    shutil.rmtree(tree.root / LAMBDAS / name)
    path = "tests/pipeline/BUILD"
    tree.write(path, re.sub(rf'    "{name}": .*\n', "", tree.read(path)))
    return f"lambda {name} removed"


DECLARATION_EDITS = {
    comment_build: 2,
    spell_out_default: 2,
    move_lambda_in_image: 1,
    describe: 1,
    tag_sources: 1,
    default_timeout: 1,
    add_unused_target: 1,
    carry_more: 1,
    leave_out_of_runtime: 1,
    comment_dockerfile: 1,
    edit_dockerfile: 1,
    comment_macro: 1,
    edit_macro: 1,
    add_lambda: 1,
    remove_lambda: 1,
}
