"""A page that shows an OpenAPI document, without a script and without anything from elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { margin-bottom: 0; } h2 { margin-top: 2.5rem; }
code, pre { font: 14px/1.45 ui-monospace, monospace; }
pre { background: var(--soft); padding: .75rem; overflow: auto; border-radius: 6px; }
details { border: 1px solid var(--line); border-radius: 6px; margin: .5rem 0; padding: .5rem 1rem; }
summary { cursor: pointer; } summary code { overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; margin: .6rem 0; }
th, td { text-align: left; vertical-align: top; border-top: 1px solid var(--line);
  padding: .3rem .8rem .3rem 0; }
.method { display: inline-block; min-width: 4.5rem; font-weight: 700; }
.GET { color: #18793f; } .POST { color: #1c5fc4; }
.PUT { color: #a05a00; } .DELETE { color: #c02b2b; }
@media (prefers-color-scheme: dark) {
  .GET { color: #5fd38d; } .POST { color: #7fb0ff; }
  .PUT { color: #f0b060; } .DELETE { color: #ff8a8a; }
}
"""


def page(document: Mapping[str, Any]) -> str:
    """The whole page; every text of the document is escaped."""
    info = document["info"]
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(info['title'])}</title><style>{_STYLE}</style></head><body>",
            f"<h1>{escape(info['title'])}</h1>",
            f"<p>{escape(info['description'])} "
            '<a href="?format=json">The OpenAPI document</a>.</p>',
            "<h2>Operations</h2>",
            *_operations(document["paths"]),
            "<h2>Documents</h2>",
            *_schemas(document["components"]["schemas"]),
            "</body></html>",
        ]
    )


def _operations(paths: Mapping[str, Any]) -> Iterable[str]:
    for path, methods in paths.items():
        for method, operation in methods.items():
            yield (
                f'<details id="{escape(operation["operationId"])}"><summary>'
                f'<span class="method {escape(method.upper())}">{escape(method.upper())}</span> '
                f"<code>{escape(path)}</code><br>{escape(operation['summary'])}</summary>"
                f"{_parameters(operation)}{_body(operation)}{_answers(operation)}</details>"
            )


def _parameters(operation: Mapping[str, Any]) -> str:
    rows = [
        (
            f"<code>{escape(parameter['name'])}</code>",
            escape(parameter["in"]),
            _rules(parameter["schema"]),
        )
        for parameter in operation.get("parameters", ())
    ]
    return _table(("Parameter", "In", "Rules"), rows) if rows else ""


def _body(operation: Mapping[str, Any]) -> str:
    if "requestBody" not in operation:
        return ""
    return f"<p>Body: {_kinds(operation['requestBody']['content'])}</p>"


def _answers(operation: Mapping[str, Any]) -> str:
    rows = [
        (f"<code>{escape(status)}</code>", escape(answer["description"]), _kinds(answer["content"]))
        for status, answer in sorted(operation["responses"].items())
    ]
    return _table(("Status", "Meaning", "Answer"), rows)


def _kinds(content: Mapping[str, Any]) -> str:
    return ", ".join(
        _reference(kind["schema"]["$ref"]) if "$ref" in kind["schema"] else escape(media_type)
        for media_type, kind in content.items()
    )


def _reference(reference: str) -> str:
    name = escape(reference.rsplit("/", 1)[-1])
    return f'<a href="#{name}"><code>{name}</code></a>'


def _rules(schema: Mapping[str, Any]) -> str:
    rules = {name: value for name, value in schema.items() if name != "title"}
    return f"<code>{escape(json.dumps(rules))}</code>"


def _schemas(schemas: Mapping[str, Any]) -> Iterable[str]:
    for name, schema in sorted(schemas.items()):
        yield (
            f'<details id="{escape(name)}" open><summary><code>{escape(name)}</code></summary>'
            f"<pre>{escape(json.dumps(schema, indent=2, ensure_ascii=False))}</pre></details>"
        )


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table of cells that are HTML already."""
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"
