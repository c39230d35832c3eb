"""A browser in which tests look at pages. Nothing of it stays running."""

from __future__ import annotations

import os
from pathlib import Path

from machine.host import Host

# Debian's name for it first: that is the package which is installed.
_PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_ELSEWHERE = (
    Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
    Path("/Applications/Chromium.app/Contents/MacOS/Chromium"),
)


def ensure(host: Host) -> str:
    """Finds one, or installs one where this may. Raises `ServiceError`."""
    named = os.environ.get("PLINTH_BROWSER")
    there = next((str(path) for path in _ELSEWHERE if path.exists()), None)
    found = named or there
    if not found:
        found = host.program(
            _PROGRAMS,
            "Install Chromium or Chrome, or name one by PLINTH_BROWSER.",
            packages=("chromium",),
        )
    return f"browser: {found}"
