from __future__ import annotations

import pytest

from plinth.layers.handler import Handler, parse_handler, problem

PATH = "lambdas/orders/handler.py"


def test_a_handler_is_a_module_and_a_function() -> None:
    handler = parse_handler("orders.handler:handler")
    assert handler == Handler("orders.handler", "handler")
    assert handler.paths == ("orders/handler.py", "orders/handler/__init__.py")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("orders/handler.handler", "'orders.handler:handler'"),
        ("orders/handler.py:handler", "'orders.handler:handler'"),
        ("orders.handler.handler", "'orders.handler:handler'"),
        ("orders.handler:handler:x", "'orders.handler.handler:x'"),
    ],
)
def test_another_form_is_refused_with_the_one_that_was_meant(text: str, meant: str) -> None:
    with pytest.raises(ValueError, match="`module:function`") as error:
        parse_handler(text)
    assert f"Did you mean {meant}?" in str(error.value)


@pytest.mark.parametrize("text", ["", "handler", ":handler", "orders.handler:", "1.2:3", "a b:c"])
def test_what_can_be_no_handler_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="`module:function`"):
        parse_handler(text)


@pytest.mark.parametrize(
    "source",
    [
        "def handler(event, context): pass",
        "from orders.other import handler",
        "from orders.other import main as handler",
        "import orders.other as handler",
        "class handler: pass",
        "handler = make()",
        "handler: object = make()",
        "other, handler = make()",
        "if x:\n    pass\nelse:\n    def handler(event, context): pass",
        "try:\n    from a import handler\nexcept ImportError:\n    handler = None",
        "try:\n    pass\nexcept ImportError as error:\n    def handler(): pass",
        "with x as handler: pass",
        "for handler in x: pass",
        # What cannot be known without running it.
        "from orders.other import *",
        "def __getattr__(name): return main",
        "globals()['handler'] = main",
    ],
)
def test_a_module_that_has_it_or_may_have_it(source: str) -> None:
    assert problem(source.encode(), PATH, "handler") is None


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("def handle(event, context): pass", f"{PATH} has no `handler`. Did you mean `handle`?"),
        ("def b(): pass\ndef a(): pass\ndef _c(): pass", "Its functions: a, b."),
        ("", f"{PATH} has no `handler`."),
        ("def f():\n    handler = 1", "has no `handler`"),
        ("class A:\n    def handler(self): pass", "has no `handler`"),
        ("x.handler = 1", "has no `handler`"),
        ("x = 1\ndef handler(:\n", f"{PATH}:2: "),
        ("async def handler(event, context): pass", f"{PATH}:1: `handler` is an `async def`"),
        ("# coding: none\n", "Python cannot compile it"),
    ],
)
def test_a_module_without_it(source: str, says: str) -> None:
    assert says in (problem(source.encode(), PATH, "handler") or "")
