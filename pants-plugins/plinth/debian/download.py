"""Bytes from an archive over HTTP: a limit on size and time, a bounded number of attempts."""

from __future__ import annotations

import http.client
import time
import urllib.error
import urllib.request
from typing import Callable

from plinth.debian.errors import ArchiveError

ATTEMPTS = 3
SILENCE_SECONDS = 20.0  # without a byte
TOTAL_SECONDS = 300.0  # for one attempt
_CHUNK = 1 << 18
_GONE = (404, 410)
_WORTH_ANOTHER_TRY = (408, 425, 429, 500, 502, 503, 504)

# A URL, and the most bytes to take from it.
Get = Callable[[str, int], bytes]


class NotThere(ArchiveError):
    """The archive answers, and has nothing at this path."""


def get(url: str, limit: int, sleep: Callable[[float], None] = time.sleep) -> bytes:
    """What stands at `url`, at most `limit` bytes.

    A broken connection and a server in trouble are tried again, with a pause of 1 and 2 seconds.
    Raises `NotThere`, and `ArchiveError` for everything else.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _attempt(url, limit)
        except urllib.error.HTTPError as error:
            if error.code in _GONE:
                raise NotThere(f"{url} is not there (HTTP {error.code})") from error
            why = f"HTTP {error.code} {error.reason}"
            if error.code not in _WORTH_ANOTHER_TRY:
                break
        except (OSError, http.client.HTTPException, ValueError) as error:
            why = str(getattr(error, "reason", "") or error) or type(error).__name__
        if attempt < ATTEMPTS:
            sleep(float(attempt))
    raise ArchiveError(
        f"cannot fetch {url} ({why}; attempt {attempt} of {ATTEMPTS}). Is the archive reachable?"
    )


def _attempt(url: str, limit: int) -> bytes:
    deadline = time.monotonic() + TOTAL_SECONDS
    request = urllib.request.Request(url, headers={"User-Agent": "plinth"})
    chunks, size = [], 0
    with urllib.request.urlopen(request, timeout=SILENCE_SECONDS) as answer:
        while chunk := answer.read(_CHUNK):
            chunks.append(chunk)
            size += len(chunk)
            if size > limit:
                raise ArchiveError(
                    f"{url} is longer than the {limit} bytes that were to be expected"
                )
            if time.monotonic() > deadline:
                raise TimeoutError(f"not complete after {TOTAL_SECONDS:.0f} s")
        expected = answer.headers.get("Content-Length")
    if expected is not None and int(expected) != size:
        raise ConnectionError(f"cut off after {size} of {expected} bytes")
    return b"".join(chunks)
