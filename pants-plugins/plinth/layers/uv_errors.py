"""What uv says when it cannot install, as one sentence with the next step."""

from __future__ import annotations

import re

_WHEELS = re.compile(
    r"([A-Za-z0-9][\w.-]*==[\w.!+]+) has no (?:usable wheels|wheels with a matching|wheels )"
)
_HASH = re.compile(r"Hash mismatch for `([^`]+)`|([A-Za-z0-9][\w.-]*==\S+) .*no matching hash")
_ABSENT = re.compile(
    r"there is no version of ([^\s,]+)|Because (\S+) was not found in the (?:package registry|cache"
    r"|provided)"
)
_UNREACHABLE = re.compile(
    r"Network connectivity is disabled|Failed to fetch|error sending request|[Cc]onnect|dns error"
    r"|Could not connect|certificate|timed out|HTTP status"
)
_NEXT = (
    "Indexes and proxies come from the environment (UV_DEFAULT_INDEX, UV_INDEX, PIP_INDEX_URL, "
    "HTTPS_PROXY, SSL_CERT_FILE, …), uv.toml or pip.conf."
)


def explain(stderr: str, platform: str, python_version: str) -> str:
    """An error for a user from uv's standard error. What is not recognised is handed on as it
    is.
    """
    said = " ".join(stderr.split())
    if found := _WHEELS.search(said):
        return (
            f"{found.group(1)} has no wheel for CPython {python_version} on {platform}. Only "
            "wheels are installed: what a source distribution builds depends on the machine. Ask "
            "for a version that has one in the .in file and run `make lock`, or serve a wheel of "
            "your own."
        )
    if found := _HASH.search(said):
        return (
            f"{found.group(1) or found.group(2)} is not the file that was locked: its hash "
            "differs. Nothing was installed. If the index serves other files on purpose, "
            "run `make lock`.\n"
            f"{stderr.strip()}"
        )
    if found := _ABSENT.search(said):
        return (
            f"{found.group(1) or found.group(2)} is not in the configured index. {_NEXT}\n"
            f"{stderr.strip()}"
        )
    if _UNREACHABLE.search(said):
        return f"the package index cannot be reached. {_NEXT}\n{stderr.strip()}"
    return stderr.strip() or "uv failed without a message"
