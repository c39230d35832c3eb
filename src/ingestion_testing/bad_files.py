"""Large files that are refused. Each of them once stayed in the landing zone for ever."""

from __future__ import annotations

from ingestion_testing import samples

SCHEMA = samples.schema(a="int", b="string")

LARGE_AND_BAD = {
    "two byte order marks": b"\xef\xbb\xbf" * 2 + b"a,b\n1,x\n",
    "a long good row before a bad value": b"a,b\n1," + b"y" * 1_000_000 + b"\nx,y\n",
    "a row of more than 1 MiB": b"a,b\n1," + b"y" * 1_500_000 + b"\nx,y\n",
    "blank lines alone": b"\n" * 3 * 1024 * 1024,
    "blank lines before a bad header": b"\n" * 3 * 1024 * 1024 + b"a,c\n",
    "many wrong cells": b"a,b\n" + b"x,y\n" * 8192,
    "many rows of another width": b"a,b\n" + b"1\n" * 1_000_000,
    "a row of commas": b"a,b\n" + b"," * 1_000_000 + b"\n",
    "many names": b",".join(b"n%d" % index for index in range(20_000)) + b"\n",
    "one name many times": b"a," * 500_000 + b"\n",
    "quotes alone": b'"' * 3 * 1024 * 1024,
    "an unclosed header": b'a,"b\n' + b"1,x\n" * 1_000_000,
}


def long_rows(size: int) -> bytes:
    """About so many bytes of rows of 100 kB, the last with a bad value."""
    row = b"1," + b"y" * 100_000 + b"\n"
    return b"a,b\n" + row * (size // len(row)) + b"x,y\n"
