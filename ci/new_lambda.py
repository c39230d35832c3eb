"""Writes a new lambda: a handler, its tests, a sample event and its BUILD file.

    ci/new-lambda hello   writes lambdas/hello (`make lambda NAME=hello`)

Its tests pass as it is written; nothing else needs an edit. What is there already is not touched.
"""

from __future__ import annotations

import importlib.util
import json
import keyword
import os
import re
import shutil
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_LAMBDAS = "lambdas"
_LOCK = "3rdparty/python/requirements.txt"
# It is a Python package, a part of the image's repository, and a function's name in AWS.
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_LONGEST = 64
_ROOTS = re.compile(r"^root_patterns = (\[.*?\])", re.MULTILINE | re.DOTALL)
_LOCKED = re.compile(r"^([\w.-]+)==", re.MULTILINE)

_FILES = {
    "BUILD": """\
lambda_function(handler="{name}.handler:handler")
""",
    "handler.py": '''\
"""Greets whom the event names: `{{"name": "Ada"}}` gives `{{"greeting": "Hello, Ada"}}`."""

from __future__ import annotations

from typing import Any

from ingestion import observability
from ingestion.errors import BadEvent


@observability.observed
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The greeting. Raises `BadEvent` for an event without a name."""
    name = event.get("name")
    if not isinstance(name, str) or not name:
        raise BadEvent("name must be a text that is not empty")
    return {{"greeting": f"Hello, {{name}}"}}
''',
    "handler_test.py": """\
from __future__ import annotations

from typing import Any

import pytest
from {name}.handler import handler

from ingestion.errors import BadEvent
from ingestion_testing.fixtures import Context


def test_who_is_named_is_greeted(environment: None, context: Context) -> None:
    assert handler({{"name": "Ada"}}, context) == {{"greeting": "Hello, Ada"}}


@pytest.mark.parametrize("event", [{{}}, {{"name": ""}}, {{"name": 1}}])
def test_no_name_is_refused(event: dict[str, Any], environment: None, context: Context) -> None:
    with pytest.raises(BadEvent, match="name must be a text"):
        handler(event, context)
""",
    "container_test.py": """\
from __future__ import annotations

from containers.contract import LambdaContract, Refusal
from containers.event import sample
from containers.function import Function


class Test{title}(LambdaContract):
    layout = "lambdas.{name}/image"
    refusals = (Refusal({{}}, error="BadEvent", says="name must be a text"),)

    def test_who_is_named_is_greeted(self, function: Function) -> None:
        answer = function.invoke(sample(__file__, "ada"))
        assert answer.payload == {{"greeting": "Hello, Ada"}}
""",
    "events/ada.json": """\
{{
  "name": "Ada"
}}
""",
}


class Refused(Exception):
    """No lambda can have this name; the message says why."""


def main(argv: list[str], root: Path = ROOT) -> int:
    if argv in (["-h"], ["--help"]):
        print(__doc__.strip())
        return 0
    try:
        if len(argv) != 1 or not argv[0]:
            raise Refused("which name? For instance: make lambda NAME=hello")
        folder = write(root, argv[0]).relative_to(root)
    except Refused as error:
        print(f"new-lambda: {error}", file=sys.stderr)
        return 2
    print(f"Wrote {folder}: {', '.join(_FILES)}")
    print("Next:")
    print(f"    ./pants test {folder}::    # its unit tests, and its container")
    print(f"    ./pants invoke --event={folder}/events/ada.json {folder}")
    return 0


def write(root: Path, name: str) -> Path:
    """The folder of a new lambda, written whole or not at all.

    Raises `Refused` where there is something of this name, or the name cannot be a lambda's.
    """
    for problem in problems(root, name):
        raise Refused(problem)
    folder = root / _LAMBDAS / name
    title = name.title().replace("_", "")
    written = Path(tempfile.mkdtemp(prefix=".new-", dir=folder.parent))
    try:
        for path, text in _FILES.items():
            (written / path).parent.mkdir(exist_ok=True)
            (written / path).write_text(text.format(name=name, title=title), encoding="utf-8")
        written.chmod(0o755)
        written.rename(folder)
    except BaseException:
        shutil.rmtree(written, ignore_errors=True)
        raise
    return folder


def problems(root: Path, name: str) -> Iterator[str]:
    """What is wrong with a lambda's name, the first cause first."""
    if not _NAME.fullmatch(name):
        words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
        likely = re.sub(r"[-_. ]+", "_", words).strip("_")
        hint = f" Did you mean {likely}?" if _NAME.fullmatch(likely) else ""
        yield (
            f"{name!r} cannot be a lambda's name: lower case letters and digits, "
            f"with single underscores between them, such as resize_image.{hint}"
        )
    if len(name) > _LONGEST:
        yield f"{name!r} has {len(name)} characters; a function in AWS has at most {_LONGEST}"
    if keyword.iskeyword(name) or _is_standard(name):
        yield f"{name} is Python's own: its import would find one or the other. Choose another"
    if (root / _LAMBDAS / name).exists():
        yield f"{_LAMBDAS}/{name} is there already, and stays as it is. Choose another name"
    for source_root in _source_roots(root):
        if name == source_root:
            yield f"{name} is the name of a source root in pants.toml. Choose another"
        for path in (f"{source_root}/{name}", f"{source_root}/{name}.py"):
            if (root / path).exists():
                yield f"{path} is imported by that name. Choose another"
    if name in _locked(root):
        yield f"{name} is a package in {_LOCK}, imported by that name. Choose another"


def _is_standard(name: str) -> bool:
    """Whether this is a module of Python's standard library."""
    if name in sys.builtin_module_names:
        return True
    found = importlib.util.find_spec(name) if name.isidentifier() else None
    folder = os.path.dirname(found.origin or "") if found else ""
    if found and found.submodule_search_locations and found.origin:
        folder = os.path.dirname(folder)
    return folder in {sysconfig.get_path("stdlib"), sysconfig.get_config_var("DESTSHARED")}


def _source_roots(root: Path) -> tuple[str, ...]:
    (found,) = _ROOTS.findall((root / "pants.toml").read_text())
    return tuple(json.loads(found))


def _locked(root: Path) -> frozenset[str]:
    """The locked distributions, by the names that most of them are imported by."""
    names = _LOCKED.findall((root / _LOCK).read_text())
    return frozenset(re.sub(r"[-.]", "_", name.lower()) for name in names)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
