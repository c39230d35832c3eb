from __future__ import annotations

from pathlib import Path

import pytest

from plinth.debian.errors import PackagesFileError
from plinth.debian.packages_file import PackagesFile, parse, read

SETTINGS = "architecture: amd64\nsuites: bookworm bookworm-security\n"


def test_names_come_sorted_whatever_their_order_and_comments() -> None:
    text = f"# the runtime\n\n{SETTINGS}tzdata # zones\nlibstdc++6\n-dpkg  # installs\n"

    assert parse(text, "packages.txt") == PackagesFile(
        architecture="amd64",
        suites=("bookworm", "bookworm-security"),
        wanted=("libstdc++6", "tzdata"),
        excluded=("dpkg",),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"{SETTINGS}tzdata\n-dpkg\n", r"packages.txt:4: dpkg is left out without a reason"),
        (f"{SETTINGS}tzdata\n-dpkg #\n", "without a reason"),
        (f"{SETTINGS}tzdata\ntzdata\n", "packages.txt:4: tzdata stands in the file twice"),
        (f"{SETTINGS}tzdata\n-tzdata # no\n", "twice"),
        (f"{SETTINGS}tz data\n", "'tz data' is not the name"),
        (f"{SETTINGS}TZ\n", "'TZ' is not the name"),
        (f"{SETTINGS}suites: sid\n", "packages.txt:3: 'suites: sid' is not a setting"),
        (f"{SETTINGS}mirror: x\n", "is not a setting"),
        ("suites:\n", "is not a setting"),
        ("suites: bookworm\ntzdata\n", "no line `architecture: …`"),
        (SETTINGS, "names no package"),
    ],
)
def test_a_line_that_cannot_be_understood_is_named(text: str, message: str) -> None:
    with pytest.raises(PackagesFileError, match=message):
        parse(text, "packages.txt")


def test_a_file_that_cannot_be_read_is_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(PackagesFileError, match="cannot read the packages file"):
        read(tmp_path / "packages.txt")
