from __future__ import annotations

import os
from pathlib import Path

import pytest

from plinth.layers.index import UvSettings, from_pip, pip_settings, uv_settings


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


# What /etc/pip.conf and /etc/uv/uv.toml of the machine say is not these tests' business.
OWN = {"UV_NO_CONFIG": "1"}


def test_pips_settings_are_handed_to_uv() -> None:
    assert from_pip(
        {
            "index-url": "https://index.example/simple",
            "extra-index-url": "https://a.example\nhttps://b.example",
            "find-links": "/wheels /more",
            "trusted-host": "index.example",
            "cert": "/ca.pem",
            "no-index": "True",
            "timeout": "60",
        }
    ) == UvSettings(
        (
            ("UV_DEFAULT_INDEX", "https://index.example/simple"),
            ("UV_INDEX", "https://a.example https://b.example"),
            ("UV_FIND_LINKS", "/wheels,/more"),
            ("UV_INSECURE_HOST", "index.example"),
            ("SSL_CERT_FILE", "/ca.pem"),
            ("UV_INDEX_STRATEGY", "unsafe-best-match"),
        ),
        ("--no-index",),
    )


def test_a_machine_without_settings_adds_nothing(home: Path) -> None:
    assert from_pip(pip_settings({"PIP_CONFIG_FILE": os.devnull}, home)) == UvSettings()


@pytest.mark.parametrize(
    "name", ["UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS"]
)
def test_uvs_own_variables_are_enough(home: Path, name: str) -> None:
    environment = {**OWN, name: "x", "PIP_INDEX_URL": "https://pip.example"}
    assert uv_settings(environment, home) == UvSettings()


def test_uvs_own_file_is_enough(home: Path) -> None:
    write(home / ".config/uv/uv.toml", "")
    environment = {"PIP_INDEX_URL": "https://pip.example"}
    assert uv_settings(environment, home) == UvSettings()
    ignored = uv_settings({**environment, "UV_NO_CONFIG": "1"}, home)
    assert ("UV_DEFAULT_INDEX", "https://pip.example") in ignored.environment


def test_the_nearer_setting_of_pip_wins(home: Path) -> None:
    write(home / ".pip/pip.conf", "[global]\nindex-url = https://old.example\ntimeout = 1\n")
    write(home / ".config/pip/pip.conf", "[global]\nindex_url = https://user.example\n")
    assert pip_settings({}, home)["index-url"] == "https://user.example"
    write(home / ".config/pip/pip.conf", "[install]\nindex-url = https://install.example\n")
    assert pip_settings({}, home)["index-url"] == "https://install.example"
    write(home / "named.conf", "[global]\nindex-url = https://named.example\n")
    environment = {"PIP_CONFIG_FILE": str(home / "named.conf")}
    assert pip_settings(environment, home)["index-url"] == "https://named.example"
    environment["PIP_INDEX_URL"] = "https://variable.example"
    assert pip_settings(environment, home)["index-url"] == "https://variable.example"


def test_a_config_home_of_its_own_is_looked_in(home: Path) -> None:
    write(home / "xdg/pip/pip.conf", "[global]\nfind-links = /wheels\n")
    assert pip_settings({"XDG_CONFIG_HOME": str(home / "xdg")}, home)["find-links"] == "/wheels"


def test_percent_signs_are_no_syntax(home: Path) -> None:
    write(home / ".pip/pip.conf", "[global]\nindex-url = https://user:p%40ss@index.example\n")
    assert pip_settings({}, home)["index-url"] == "https://user:p%40ss@index.example"


@pytest.mark.parametrize("text", ["no section\n", "[global\n", "\x00"])
def test_a_file_that_cannot_be_read_says_nothing(home: Path, text: str) -> None:
    write(home / "broken.conf", text)
    before = pip_settings({}, home)
    assert pip_settings({"PIP_CONFIG_FILE": str(home / "broken.conf")}, home) == {
        **before,
        "config-file": str(home / "broken.conf"),
    }
