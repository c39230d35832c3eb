from __future__ import annotations

import pytest

from plinth.oci.dockerfile.mode import is_octal, mode_change


@pytest.mark.parametrize(
    ("text", "before", "after"),
    [
        ("0640", 0o755, 0o640),
        ("4711", 0o644, 0o4711),
        ("u+x", 0o644, 0o744),
        ("+x", 0o644, 0o755),
        ("go-r", 0o644, 0o600),
        ("a=r", 0o755, 0o444),
        ("u=rwx,go=rx", 0o600, 0o755),
        ("g=u", 0o640, 0o660),
        ("go=u-w", 0o700, 0o755),
        ("o=", 0o644, 0o640),
        ("+X", 0o644, 0o644),
        ("+X", 0o744, 0o755),
        ("-X", 0o755, 0o644),
        ("u-x,+X", 0o744, 0o755),
        ("u+s", 0o755, 0o4755),
        ("g+s", 0o755, 0o2755),
        ("o+s", 0o755, 0o755),
        ("+t", 0o755, 0o1755),
        ("=rw,+X", 0o755, 0o777),
    ],
)
def test_a_file_s_mode(text: str, before: int, after: int) -> None:
    assert oct(mode_change(text)(before, False)) == oct(after)


def test_a_directory_is_executable() -> None:
    assert mode_change("u=rwX,go=rX")(0o600, True) == 0o755


@pytest.mark.parametrize("text", ["", "x", "u", "u+", "8", "00777777", "u+x,", "+x+q", "+0644"])
def test_what_is_no_mode(text: str) -> None:
    if text == "u+":
        assert mode_change(text)(0o644, False) == 0o644
        return
    with pytest.raises(ValueError, match="is neither an octal mode such as 0644 nor changes such"):
        mode_change(text)


def test_only_a_number_is_octal() -> None:
    assert [is_octal(text) for text in ("644", "00644", "u+x", "", "88")] == [
        *(True, True, False, False, False)
    ]
