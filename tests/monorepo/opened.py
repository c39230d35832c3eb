"""The files in folders that processes open, as Linux reports them (inotify).

Elsewhere none is reported.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

_IN_OPEN, _IN_Q_OVERFLOW, _IN_ISDIR = 0x20, 0x4000, 0x40000000
# Watch, mask, cookie, length of the name that follows.
_EVENT = struct.Struct("iIII")


class Opened:
    """What was opened so far, to be asked within the block."""

    def __init__(self, watches: dict[int, str], queue: int) -> None:
        self._watches, self._queue = watches, queue

    def paths(self) -> frozenset[str]:
        found = set()
        for watch, mask, name in self._events():
            assert not mask & _IN_Q_OVERFLOW, "more files were opened than Linux keeps in mind"
            if not mask & _IN_ISDIR:
                found.add(os.path.join(self._watches[watch], name))
        return frozenset(found)

    def _events(self) -> Iterator[tuple[int, int, str]]:
        with suppress(BlockingIOError):
            while self._watches:
                content, start = os.read(self._queue, 1 << 16), 0
                while start < len(content):
                    watch, mask, _, length = _EVENT.unpack_from(content, start)
                    start += _EVENT.size + length
                    yield watch, mask, os.fsdecode(content[start - length : start].rstrip(b"\0"))


@contextmanager
def opened_in(folders: Iterable[str]) -> Iterator[Opened]:
    """What any process opens in these folders while the block runs."""
    if sys.platform != "linux":
        yield Opened({}, -1)
        return
    libc = ctypes.CDLL(None, use_errno=True)
    queue = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
    assert queue >= 0, os.strerror(ctypes.get_errno())
    try:
        watches = {}
        for folder in folders:
            watch = libc.inotify_add_watch(queue, os.fsencode(folder), _IN_OPEN)
            assert watch >= 0, os.strerror(ctypes.get_errno())
            watches[watch] = folder
        yield Opened(watches, queue)
    finally:
        os.close(queue)
