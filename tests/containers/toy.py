"""A lambda of a few lines on the real base, to test the harness itself with."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

from containers.images import stack_at
from plinth.oci.format.layout import Stack, read_stack
from plinth.oci.testing.layouts import write_image

HANDLER = """
import os, time

def handler(event, context):
    do = event.get("do") if isinstance(event, dict) else None
    if do == "raise":
        raise ValueError("a bad event")
    if do == "hang":
        print("hanging now")
        time.sleep(3600)
    if do == "die":
        print("dying now")
        os._exit(3)
    if do == "grow":
        bytearray(event["bytes"])
    if do == "environment":
        return dict(os.environ)
    return event
"""


def toy_lambda(folder: Path, source: str = HANDLER) -> Stack:
    """An image of this handler, written below `folder`."""
    code = io.BytesIO()
    with tarfile.open(fileobj=code, mode="w") as tar:
        entry = tarfile.TarInfo("var/task/toy.py")
        entry.size = len(source.encode())
        tar.addfile(entry, io.BytesIO(source.encode()))
    base = stack_at("base/image")
    config = {"Cmd": ["toy.handler"]}
    image = write_image(folder / "toy/image", "toy", [code.getvalue()], base.image, config=config)
    return read_stack(image.root, base.roots)
