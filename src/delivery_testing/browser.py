"""A real browser, without a window: Chromium or Chrome, as this machine has it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_PATH = os.pathsep.join(("/usr/local/bin", "/usr/bin", "/bin", "/opt/homebrew/bin"))
_ELSEWHERE = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)


@contextmanager
def browser() -> Iterator[Browser]:
    """Raises where none is installed: what shows a page to nobody has not tested it."""
    with sync_playwright() as playwright:
        # As root, which some machines of CI are, Chromium wants no sandbox of its own; all that it
        # sees here is a page that we made.
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        running = playwright.chromium.launch(executable_path=_program(), args=arguments)
        try:
            yield running
        finally:
            running.close()


def _program() -> str:
    named = os.environ.get("PLINTH_BROWSER")
    found = (shutil.which(name, path=_PATH) for name in _NAMES)
    there = (path for path in _ELSEWHERE if Path(path).exists())
    for path in (named, *found, *there):
        if path:
            return path
    raise RuntimeError(
        "No Chromium or Chrome on this machine: `ci/services browser` installs one on Debian; "
        "elsewhere install it, or name one by PLINTH_BROWSER."
    )
