"""A real registry for tests, and a proxy before it that can fail, cut, lie and count."""

from __future__ import annotations

import http.client
import json
import re
import shutil
import subprocess
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from plinth.oci.testing.fake_registry import Answer, FakeRegistry, Request

_PROGRAMS = ("docker-registry", "registry")
_SECONDS = 20
_HOP_BY_HOP = frozenset({"connection", "content-length", "date", "transfer-encoding"})


@contextmanager
def running_registry(storage: Path) -> Iterator[str]:
    """`host:port` of an empty registry of its own, which ends with the block."""
    program = next(filter(None, map(shutil.which, _PROGRAMS)), None)
    if program is None:
        raise RuntimeError(f"none of {', '.join(_PROGRAMS)} on PATH: see `make services`")
    config = storage / "registry.json"
    config.write_text(
        json.dumps(
            {
                "version": "0.1",
                "storage": {"filesystem": {"rootdirectory": str(storage / "data")}},
                "http": {"addr": "127.0.0.1:0"},
            }
        )
    )
    log = storage / "registry.log"
    with log.open("wb") as out:
        process = subprocess.Popen([program, "serve", str(config)], stdout=out, stderr=out)
    try:
        yield _address(process, log)
    finally:
        process.terminate()
        process.wait(_SECONDS)


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    """Where it says that it listens: it chose the port itself."""
    deadline = time.monotonic() + _SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        if found := re.search(r"listening on ([0-9.]+:[0-9]+)", log.read_text()):
            return found[1]
        time.sleep(0.01)
    raise RuntimeError(f"the registry did not start:\n{log.read_text()}")


class RegistryProxy(FakeRegistry):
    """Passes requests on to the registry at `upstream`, unless `intercept` answers them."""

    def __init__(self, upstream: str) -> None:
        super().__init__()
        self._upstream = upstream

    def answer(self, request: Request) -> Answer:
        connection = http.client.HTTPConnection(self._upstream, timeout=_SECONDS)
        query = urllib.parse.urlencode(request.query)
        # The `Host` among them is the proxy's, and the registry makes upload addresses from it.
        headers = dict(request.headers.items())
        try:
            path = f"{request.path}?{query}" if query else request.path
            connection.request(request.method, path, request.body, headers)
            response = connection.getresponse()
            body = response.read()
        finally:
            connection.close()
        kept = {k: v for k, v in response.getheaders() if k.lower() not in _HOP_BY_HOP}
        return Answer(response.status, kept, body)
