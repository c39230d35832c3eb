"""Imports a module in a fresh interpreter and tells what it loads, and what it does besides."""

from __future__ import annotations

import subprocess
import sys

_PROGRAM = '''
import importlib, os, sys

done = []

def called_by_first_party():
    """Whether first-party code asked for this, and not a library that is just being imported."""
    frame = sys._getframe(2)
    while frame:
        name = frame.f_globals.get("__name__", "")
        if name.startswith("importlib."):
            return False
        if name == "ingestion" or name.startswith("ingestion.") or name == sys.argv[1]:
            return True
        frame = frame.f_back
    return False

def note(what):
    if called_by_first_party():
        done.append(what)

read = os._Environ.__getitem__
def noted(self, name):
    # Pydantic's own switch, which it looks at for each model.
    if name not in ("PYDANTIC_DISABLE_PLUGINS", b"PYDANTIC_DISABLE_PLUGINS"):
        note(f"read {name} from the environment")
    return read(self, name)
os._Environ.__getitem__ = noted

def audit(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "subprocess.Popen"):
        done.append(event)

sys.addaudithook(audit)
importlib.import_module(sys.argv[1])
modules = set(sys.modules)
import logging
if "botocore.client" in modules:
    import botocore.client, gc
    if any(isinstance(thing, botocore.client.BaseClient) for thing in gc.get_objects()):
        done.append("made a client")
for name, logger in logging.Logger.manager.loggerDict.items():
    for handler in getattr(logger, "handlers", ()):
        if not isinstance(handler, logging.NullHandler):
            done.append(f"made a log handler for {name}")
print(*sorted({name.split(".")[0] for name in modules}))
for what in done:
    print(what, file=sys.stderr)
'''


def loaded_by(module: str) -> frozenset[str]:
    """The top-level modules that importing this one loads.

    `AssertionError` when it does more than import: makes a client or a logger, reads the
    environment, prints, or reaches out of the process.
    """
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, module],
        check=True,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": ":".join(sys.path), "AWS_REGION": "eu-west-2"},
    )
    assert not done.stderr, f"importing {module}: {done.stderr}"
    (modules,) = done.stdout.splitlines()
    return frozenset(modules.split())
