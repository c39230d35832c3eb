from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import plinth.sam.read_routes as program

HANDLER = """
def handler(event, context):
    pass

handler.routes = [{"method": "get", "path": "/x/{a}", "takes": ("a",)}]

def silent(event, context):
    pass

def wrong(event, context):
    pass

wrong.routes = [{"path": "/x"}]

def document():
    return {"paths": {}}

def failing():
    raise KeyError("no such thing")
"""


def ask(folder: Path, openapi: str | None = None, **handlers: str) -> dict[str, Any]:
    (folder / "shop.py").write_text(HANDLER)
    (folder / "broken.py").write_text("import nothing_of_that_name\n")
    asked = {"handlers": {f"{each}:f": h for each, h in handlers.items()}, "openapi": openapi}
    (folder / "asked.json").write_text(json.dumps(asked))
    command = [sys.executable, program.__file__, "asked.json", "out.json"]
    subprocess.run(command, cwd=folder, env={"PYTHONPATH": str(folder)}, check=True)
    found: dict[str, Any] = json.loads((folder / "out.json").read_text())
    return found


def test_a_handler_says_what_it_serves(tmp_path: Path) -> None:
    found = ask(tmp_path, "shop:document", one="shop:handler", two="shop:silent")
    route = {"method": "GET", "path": "/x/{a}", "takes": ["a"], "public": False}
    assert found == {
        "routes": {"one:f": [route], "two:f": []},
        "openapi": {"paths": {}},
        "objections": [],
    }


def test_a_handler_that_is_not_there_is_named_with_its_target(tmp_path: Path) -> None:
    found = ask(tmp_path, one="shop:gone", two="broken:handler", three="shop:wrong")
    assert found["objections"] == [
        "one:f: handler: shop has no `gone`",
        "two:f: handler: broken cannot be imported: ModuleNotFoundError: No module named "
        "'nothing_of_that_name'",
        "three:f: handler: `routes` of shop:wrong is no list of `{method, path, takes, public}` "
        "(KeyError: 'method')",
    ]


def test_a_document_that_cannot_be_had_is_an_objection(tmp_path: Path) -> None:
    found = ask(tmp_path, "shop:failing")
    assert found["openapi"] is None
    assert found["objections"] == ["openapi: shop:failing fails: KeyError: 'no such thing'"]
