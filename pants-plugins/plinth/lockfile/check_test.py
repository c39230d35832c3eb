from __future__ import annotations

import pytest

from plinth.lockfile.check import problems

HASH = "--hash=sha256:" + "0" * 64
IN, LOCK = "3rdparty/python/requirements.in", "3rdparty/python/requirements.txt"
# Compiled in its folder.
ROOT = "    # via -r requirements.in\n"
LOCKED = (
    f"boto3==1.44.5 {HASH}\n{ROOT}"
    f"moto[s3]==5.2.5 {HASH}\n{ROOT}"
    f"six==1.17.0 {HASH}\n    # via boto3\n"
)


def found(in_text: str, lock_text: str = LOCKED) -> tuple[str, ...]:
    return problems(in_text, lock_text, LOCK, IN)


@pytest.mark.parametrize(
    "in_text",
    [
        "boto3\nmoto[s3]\n",
        "# ours\nmoto[S3]<6  # tests only\n\nBoto3>=1.40,<2\n",
        "boto3==1.44.5\nmoto[s3]~=5.2\n",
        "boto3 ; python_version >= '3.11'\nmoto[s3]\nmoto>5\n",
    ],
)
def test_a_lock_made_from_it_is_sound(in_text: str) -> None:
    assert found(in_text) == ()


@pytest.mark.parametrize(
    ("in_text", "said"),
    [
        ("boto3\nmoto[s3]\npandas>2\n", f"{IN}:3: pandas>2 is not in {LOCK}. Run `make lock`."),
        (
            "boto3<1.44\nmoto[s3]\n",
            f"{IN}:1: boto3<1.44 is locked to 1.44.5 in {LOCK}. Run `make lock`.",
        ),
        (
            "boto3\nmoto[s3]\nsix\n",
            f"{IN}:3: six is in {LOCK} only because others require it. Run `make lock`.",
        ),
        ("boto3\n", f"{LOCK}:3: moto is no longer in {IN}. Run `make lock`."),
        (
            "boto3\nmoto[all,s3]\n",
            f"{LOCK}:3: moto is locked with [s3], and {IN} asks for [all,s3]. Run `make lock` ",
        ),
        (
            "boto3[crt]\nmoto[s3]\n",
            f"{LOCK}:1: boto3 is locked with no extras, and {IN} asks for [crt]. ",
        ),
        ("boto3\nmoto[s3]\n-r more.in\n", f"{IN}:3: `-r more.in` is not a requirement"),
    ],
)
def test_a_stale_lock_is_named_with_its_line(in_text: str, said: str) -> None:
    (problem,) = found(in_text)
    assert problem.startswith(said)


def test_a_lock_made_from_another_file_is_stale() -> None:
    (problem,) = found(
        "boto3\nmoto[s3]\n", LOCKED.replace(f"{ROOT}six", "    # via -r old.in, boto3\nsix")
    )[-1:]
    assert problem.startswith(f"{LOCK}:3: moto comes from old.in, not from {IN}.")


def test_a_requirement_whose_marker_was_removed_is_stale() -> None:
    locked = LOCKED.replace("boto3==1.44.5", "boto3==1.44.5 ; sys_platform == 'win32'")
    (problem,) = found("boto3\nmoto[s3]\n", locked)
    assert "boto3 is not locked for CPython 3.11 on Linux x86_64" in problem
    assert found("boto3 ; sys_platform == 'win32'\nmoto[s3]\n", locked) == ()


def test_a_lock_of_another_python_is_judged_for_that() -> None:
    locked = f"pants==2.17.1 ; python_version < '3.10' {HASH}\n{ROOT}"
    assert found("pants==2.17.1\n", locked) == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (LOCKED.replace(f" {HASH}", "", 1), f"{LOCK}:1: boto3 has no hash"),
        (LOCKED.replace("    # via boto3\n", ""), f"{LOCK}:5: `six==1.17.0` has no `# via`"),
        (LOCKED + LOCKED, f"{LOCK}:1: boto3 is locked more than once"),
        ("--extra-index-url=x\n" + LOCKED, f"{LOCK}:1: names a URL or an index"),
    ],
)
def test_a_lock_that_cannot_be_relied_on_is_not_sound(text: str, said: str) -> None:
    assert any(problem.startswith(said) for problem in found("boto3\nmoto[s3]\n", text))
