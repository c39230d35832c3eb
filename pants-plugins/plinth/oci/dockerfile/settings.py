"""The values of an image's configuration that have a form of their own: times, ports, signals."""

from __future__ import annotations

import re
from fractions import Fraction

_NANOSECONDS = {
    "ns": 1,
    "us": 10**3,
    "µs": 10**3,
    "μs": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
}
_AMOUNT = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)")
_PORT = re.compile(r"([0-9]+)(?:-([0-9]+))?")
_SIGNALS = (
    frozenset(
        [
            "ABRT",
            "ALRM",
            "BUS",
            "CHLD",
            "CLD",
            "CONT",
            "FPE",
            "HUP",
            "ILL",
            "INT",
            "IO",
            "IOT",
            "KILL",
            "PIPE",
            "POLL",
            "PROF",
            "PWR",
            "QUIT",
            "SEGV",
            "STKFLT",
            "STOP",
            "SYS",
            "TERM",
            "TRAP",
            "TSTP",
            "TTIN",
            "TTOU",
            "URG",
            "USR1",
            "USR2",
            "VTALRM",
            "WINCH",
            "XCPU",
            "XFSZ",
            "RTMIN",
            "RTMAX",
        ]
    )
    | {f"RTMIN+{n}" for n in range(1, 16)}
    | {f"RTMAX-{n}" for n in range(1, 15)}
)


def nanoseconds(text: str) -> int:
    """A duration such as `1m30s` or `1.5s`. Raises `ValueError`."""
    if text.lstrip("+-") == "0":
        return 0
    if not re.fullmatch(rf"\+?(?:{_AMOUNT.pattern})+", text):
        raise ValueError(f"{text!r} is not a duration such as 1m30s, 500ms or 1.5s")
    return int(sum(Fraction(amount) * _NANOSECONDS[unit] for amount, unit in _AMOUNT.findall(text)))


def ports(text: str) -> tuple[str, ...]:
    """The container's ports that `EXPOSE` names, as `80/tcp`: one, or a range. Raises `ValueError`.

    A host's address and port before it, as in `8080:80`, are accepted and not kept.
    """
    numbers, slash, protocol = text.partition("/")
    match = _PORT.fullmatch(numbers.rpartition(":")[2])
    first, last = (int(match.group(1)), int(match.group(2) or match.group(1))) if match else (1, 0)
    if not first <= last <= 65535:
        raise ValueError(f"{text!r} is not a port or a range of ports from 0 to 65535")
    protocol = protocol.lower() if slash else "tcp"
    if protocol not in ("tcp", "udp", "sctp"):
        raise ValueError(f"{text!r} names the protocol {protocol!r}, not tcp, udp or sctp")
    return tuple(f"{port}/{protocol}" for port in range(first, last + 1))


def is_signal(text: str) -> bool:
    """Whether `STOPSIGNAL` takes it: a number other than 0, or a name with or without `SIG`."""
    if re.fullmatch(r"[+-]?[0-9]+", text):
        return int(text) != 0
    name = text.upper()
    return (name[3:] if name.startswith("SIG") else name) in _SIGNALS
