"""`delivery.toml`: what is taken, and on which line what is not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from delivery.core.config import parse
from delivery.core.errors import ConfigError

GOOD = """\
registry = "registry.example"

[signing]
key = "alias/releases"
region = "eu-west-2"
public_keys = [
  {file = "2026.pem"},
]

[ledger]
bucket = "b"
region = "eu-west-2"

[[environments]]
name = "dev"
region = "eu-west-2"
function = "dev-{name}"
soak = "30m"

[[environments]]
name = "prod"
region = "eu-west-2"
function = "prod-{name}"
soak = "1d"

[environments.overrides]
skip-soak = ["arn:aws:sts::*:assumed-role/lead/*"]

[smoke.docs]
event = {a = 1}
"""


def test_environments_are_in_order_and_durations_are_read() -> None:
    config = parse(GOOD.encode(), "delivery.toml")
    dev, prod = config.environments
    assert config.before(prod) == dev
    assert config.before(dev) is None
    assert dev.soak == timedelta(minutes=30)
    assert prod.function_name("docs") == "prod-docs"


def test_the_hash_is_of_the_files_bytes() -> None:
    one, other = parse(GOOD.encode(), "a"), parse((GOOD + "# a comment\n").encode(), "a")
    assert one.digest != other.digest


def test_an_override_is_for_those_who_are_named() -> None:
    _, prod = parse(GOOD.encode(), "delivery.toml").environments
    assert prod.may_override("skip-soak", "arn:aws:sts::123456789012:assumed-role/lead/anna")
    assert not prod.may_override("skip-soak", "arn:aws:sts::123456789012:assumed-role/dev/anna")
    assert not prod.may_override("lift-hold", "arn:aws:sts::123456789012:assumed-role/lead/anna")


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ('soak = "1d"', 'soak = "soon"', 24, "30m"),
        ('soak = "1d"', 'soack = "1d"', 24, "soack"),
        ('function = "prod-{name}"', 'function = "prod"', 20, "{name}"),
        ('name = "prod"', 'name = "dev"', 21, "twice"),
        ('bucket = "b"\n', "", 10, "bucket"),
        ("skip-soak =", "skip-smoke =", 20, "skip-smoke"),
        ("event = {a = 1}", 'note = "x"', 30, "note"),
        ('region = "eu-west-2"\npublic', "region = \npublic", 5, "TOML"),
    ],
)
def test_an_error_names_file_and_line(old: str, new: str, line: int, says: str) -> None:
    with pytest.raises(ConfigError) as raised:
        parse(GOOD.replace(old, new).encode(), "delivery.toml")
    found = [each for each in str(raised.value).splitlines() if says in each]
    assert found
    assert found[0].startswith(f"delivery.toml:{line}: ")


def test_an_unknown_environment_is_told_with_those_that_there_are() -> None:
    with pytest.raises(ConfigError, match="It has dev, prod"):
        parse(GOOD.encode(), "delivery.toml").environment("stage")
