"""Where uv finds packages: uv's own settings where there are any, otherwise pip's.

uv reads neither pip's variables nor pip.conf, and a machine that is set up for pip is to work as it
is. The lock's hashes decide what may be installed, so where a file comes from does not matter.
"""

from __future__ import annotations

import configparser
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

# What the machine's environment may say about indexes, proxies and certificates.
VARIABLES = (
    *("UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS"),
    *("UV_INDEX_STRATEGY", "UV_OFFLINE", "UV_CONFIG_FILE", "UV_NO_CONFIG", "UV_KEYRING_PROVIDER"),
    *("UV_INSECURE_HOST", "UV_HTTP_TIMEOUT", "UV_NATIVE_TLS", "UV_SYSTEM_CERTS"),
    *("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX", "PIP_CERT"),
    *("PIP_TRUSTED_HOST", "PIP_CONFIG_FILE", "NETRC"),
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
    *("http_proxy", "https_proxy", "all_proxy", "no_proxy"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE"),
)

_INDEX_OF_UV = (
    *("UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS"),
    "UV_CONFIG_FILE",
)


@dataclass(frozen=True)
class UvSettings:
    """Variables and arguments to add to a run of uv."""

    environment: tuple[tuple[str, str], ...] = ()
    argv: tuple[str, ...] = ()


def uv_settings(environment: Mapping[str, str], home: Path) -> UvSettings:
    """What makes uv find what this machine's pip finds; nothing where uv is set up by itself."""
    if any(environment.get(name) for name in _INDEX_OF_UV) or _has_uv_toml(environment, home):
        return UvSettings()
    return from_pip(pip_settings(environment, home))


def from_pip(settings: Mapping[str, str]) -> UvSettings:
    """uv's settings for pip's (`index-url`, `find-links` …)."""

    def words(name: str) -> list[str]:
        return settings.get(name, "").split()

    found = {
        "UV_DEFAULT_INDEX": " ".join(words("index-url")),
        "UV_INDEX": " ".join(words("extra-index-url")),
        "UV_FIND_LINKS": ",".join(words("find-links")),
        "UV_INSECURE_HOST": " ".join(words("trusted-host")),
        "SSL_CERT_FILE": settings.get("cert", ""),
    }
    if found["UV_INDEX"]:
        # As pip does: all indexes count alike. uv's own rule against mixing them guards unhashed
        # names.
        found["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    no_index = settings.get("no-index", "").lower() in ("1", "true", "yes", "on")
    return UvSettings(
        environment=tuple((name, value) for name, value in found.items() if value),
        argv=("--no-index",) if no_index else (),
    )


def pip_settings(environment: Mapping[str, str], home: Path) -> dict[str, str]:
    """pip's settings from its files and variables, the nearer one winning as pip has it."""
    settings: dict[str, str] = {}
    for path in _pip_files(environment, home):
        settings.update(_read(path))
    for name, value in environment.items():
        if name.startswith("PIP_") and value:
            settings[name[len("PIP_") :].lower().replace("_", "-")] = value
    return settings


def _pip_files(environment: Mapping[str, str], home: Path) -> Iterable[Path]:
    named = environment.get("PIP_CONFIG_FILE", "")
    if named == os.devnull:
        return ()
    user = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")
    return (
        Path("/etc/xdg/pip/pip.conf"),
        Path("/Library/Application Support/pip/pip.conf"),
        Path("/etc/pip.conf"),
        home / ".pip/pip.conf",
        user / "pip/pip.conf",
        home / "Library/Application Support/pip/pip.conf",
        *([Path(named)] if named else []),
    )


def _read(path: Path) -> dict[str, str]:
    """The settings of one pip.conf for `pip install`. An unreadable file says nothing, as for
    pip.
    """
    parser = configparser.RawConfigParser()
    try:
        parser.read(path, encoding="utf-8")
    except (OSError, configparser.Error, UnicodeDecodeError):
        return {}
    sections = [name for name in ("global", "install") if parser.has_section(name)]
    return {key.replace("_", "-"): value for name in sections for key, value in parser.items(name)}


def _has_uv_toml(environment: Mapping[str, str], home: Path) -> bool:
    if environment.get("UV_NO_CONFIG"):
        return False
    user = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")
    return any(path.is_file() for path in (user / "uv/uv.toml", Path("/etc/uv/uv.toml")))
