from __future__ import annotations

import pytest

from plinth.guardrails.guards.secret_in_image import GUARD
from plinth.guardrails.testing.seen import in_image

# Put together here, so that scanners of this repository find no key in it.
KEY = "AKIA" + "0123456789ABCDEF"


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("ENV DB_PASSWORD=hunter2", "DB_PASSWORD"),
        ("ENV DB_PASSWORD hunter2", "DB_PASSWORD"),
        ('ENV A=1 API_KEY="x"', "API_KEY"),
        ("ENV apikey=x", "apikey"),
        ("ENV TOKEN=x", "TOKEN"),
        ("ENV AWS_ACCESS_KEY_ID=x", "AWS_ACCESS_KEY_ID"),
        ("ENV AWS_SECRET_ACCESS_KEY=x", "AWS_SECRET_ACCESS_KEY"),
        ("ARG NPM_TOKEN", "NPM_TOKEN"),
        ("ARG NPM_TOKEN=x", "NPM_TOKEN"),
        (f"ENV WHO={KEY}", "WHO"),
        (f"LABEL who={KEY}", "who"),
        ("ENV GIT=ghp_" + "a" * 36, "GIT"),
        ("ENV PEM='-----BEGIN RSA PRIVATE KEY-----'", "PEM"),
    ],
)
def test_a_secret_is_caught(line: str, name: str) -> None:
    assert in_image(GUARD, "FROM scratch", line) == [f"2 {name}"]


def test_a_secret_as_build_argument_is_caught() -> None:
    found = in_image(GUARD, "FROM scratch", build_args={"TOKEN": "x", "PLACE": KEY, "A": "1"})
    assert found == [" PLACE", " TOKEN"]


@pytest.mark.parametrize(
    "line",
    [
        "ENV TOKEN_TTL=300",
        "ENV DB_PASSWORD_ARN=arn:aws:secretsmanager:eu-west-1:0:secret:db",
        "ENV TOKEN_FILE=/run/token",
        "ENV TOKENIZER=fast",
        "ENV TOKEN=",
        "ENV SECRETARY=x",
        "ENV KEYBOARD=de",
        "ARG BASE=//base:image",
        "# ENV TOKEN=x",
        "CMD echo TOKEN=x",
        "RUN --mount=type=secret,id=TOKEN true",
        # What it stands for is set, and caught, elsewhere.
        "ENV TOKEN=$GIVEN",
    ],
)
def test_the_name_of_a_secret_is_left_alone(line: str) -> None:
    assert in_image(GUARD, "FROM scratch", line) == []
