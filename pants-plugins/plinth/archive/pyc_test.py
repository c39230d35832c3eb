from __future__ import annotations

import hashlib
import importlib.util
import marshal
import subprocess
import sys
import traceback
import types
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plinth.archive import pyc

# Each holds something whose place in memory, or whose count of references, another file can change.
SOURCES = {
    "names.py": (
        b"import json\nclass Model:\n    def dump(self, indent=None):\n"
        b"        return json.dumps(self, indent=indent)\n"
    ),
    "numbers.py": (
        b"BIG = 123456789012345678901234567890\nPI = 3.14159\nSMALL = (1, 2, 3)\n"
        b"NESTED = ((1, 2), ('a', 'b c'), 2j)\n"
    ),
    "latin.py": "é = 1\nSEEN = 'é'\nSLASH = '/'\n".encode(),
    "latin_constant.py": "SEEN = ['é', '/', '-', '']\n".encode(),
    "closure.py": b"def outer(a, b):\n    def inner():\n        return a, b\n    return inner\n",
    "cookie.py": "# -*- coding: latin-1 -*-\nNAME = 'ü'\n".encode("latin-1"),
    "warns.py": b"import re\nPATTERN = re.compile('\\d')\nSAME = PATTERN is 1\n",
    "empty.py": b"",
}
SETS = {
    "sets.py": b"def known(x):\n    return x in {'alpha', 'beta', 'gamma', 'delta', 1, 2.5, None}\n"
}
if sys.version_info >= (3, 11):  # before, marshal wrote a frozenset in the order of its hashes
    SOURCES.update(SETS)


def write_tree(root: Path, sources: dict[str, bytes] = SOURCES) -> Path:
    for name, text in sources.items():
        target = root / "opt" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text)
    return root


def digests(root: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(root.rglob("*.pyc"))}


def compile_in_a_process(root: Path, seed: str, before: str) -> dict[str, str]:
    code = f"import sys; sys.path.insert(0, {str(Path(pyc.__file__).parent)!r})\n{before}\n"
    code += f"import pyc; print(pyc.compile_tree({str(root)!r}, ['opt']))"
    env = {"PYTHONHASHSEED": seed}
    subprocess.run([sys.executable, "-B", "-c", code], env=env, check=True, capture_output=True)
    return digests(root)


@pytest.mark.parametrize("seed", ["0", "1", "4242"])
@pytest.mark.parametrize(
    "before",
    [
        "",
        "import json, email.message, asyncio, decimal; keep = list(vars(json))",
        "import sys; keep = [sys.intern(s) for s in ('é', '/', '-', '', 'b c', 'Model', 'alpha')]",
        "keep = compile('BIG = PI = NESTED = SEEN = SLASH = PATTERN = 1', 'other.py', 'exec')",
    ],
)
def test_the_same_bytes_whatever_the_process_did_before(
    tmp_path: Path, seed: str, before: str
) -> None:
    expected = compile_in_a_process(write_tree(tmp_path / "a"), "0", "")
    assert len(expected) == len(SOURCES)
    assert compile_in_a_process(write_tree(tmp_path / "b"), seed, before) == expected


@given(st.permutations(sorted(SOURCES)), st.lists(st.sampled_from(sorted(SOURCES)), max_size=4))
def test_the_same_bytes_in_any_order(order: Sequence[str], again: list[str]) -> None:
    made = {name: pyc.pyc(SOURCES[name], "/opt/" + name) for name in [*again, *order]}
    assert made == {name: pyc.pyc(SOURCES[name], "/opt/" + name) for name in sorted(SOURCES)}


def test_what_else_holds_the_constants_does_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    source = (
        b"def area(radius):\n    return 3.14159 * radius ** 2.5, 'not a name', (1, 2), b'bytes'\n"
    )
    alone = pyc.pyc(source, "/opt/area.py")
    held: list[object] = []

    def compile_and_hold(*args: Any, **options: Any) -> types.CodeType:
        code = compile(*args, **options)
        held.extend(
            [code.co_consts, code.co_consts[0].co_consts, list(code.co_consts[0].co_consts)]
        )
        return cast(types.CodeType, code)

    monkeypatch.setattr(pyc, "compile", compile_and_hold, raising=False)
    assert pyc.pyc(source, "/opt/area.py") == alone


def test_the_interpreter_takes_it_without_looking_at_the_source(tmp_path: Path) -> None:
    root = write_tree(tmp_path, {"answer.py": b"def answer():\n    return 42\n"})
    assert pyc.compile_tree(str(root), ["opt"]) == []
    source = root / "opt/answer.py"
    assert (
        source.with_name("__pycache__")
        .joinpath(f"answer.{sys.implementation.cache_tag}.pyc")
        .exists()
    )
    source.write_text("def answer():\n    return 'edited'\n")
    run = [sys.executable, "-B", "-c", "import answer; print(answer.answer())"]
    done = subprocess.run(
        run, cwd=root / "opt", env={"PYTHONPATH": "."}, check=True, capture_output=True
    )
    assert done.stdout.strip() == b"42"


def test_the_header_is_that_of_an_unchecked_hash() -> None:
    data = pyc.pyc(b"x = 1\n", "/opt/x.py")
    assert data[:4] == importlib.util.MAGIC_NUMBER
    assert data[4:8] == b"\x01\x00\x00\x00"
    assert data[8:16] == importlib.util.source_hash(b"x = 1\n")


def test_tracebacks_name_the_path_in_the_image() -> None:
    code = marshal.loads(pyc.pyc(b"def f():\n    1 / 0\nf()\n", "/opt/python/x.py")[16:])
    with pytest.raises(ZeroDivisionError) as failed:
        exec(code, {})
    assert traceback.extract_tb(failed.tb)[-1].filename == "/opt/python/x.py"


def test_what_does_not_compile_is_left_and_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = {
        "python2.py": b"print 'hello'\n",
        "nul.py": b"x = '\0'\n",
        "cookie.py": b"# coding: klingon\n",
    }
    root = write_tree(tmp_path, {**bad, "good.py": b"x = 1\n"})
    assert pyc.main([str(root), "opt"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "opt/cookie.py",
        "opt/nul.py",
        "opt/python2.py",
    ]
    assert [path.name.split(".")[0] for path in root.rglob("*.pyc")] == ["good"]


def test_links_are_followed_inside_the_image_only(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "root", {"real.py": b"x = 1\n"})
    (tmp_path / "outside.py").write_text("x = 2\n")
    (root / "opt/absolute.py").symlink_to("/opt/real.py")
    (root / "opt/beside.py").symlink_to("real.py")
    (root / "opt/outside.py").symlink_to("../../outside.py")
    (root / "opt/loop.py").symlink_to("loop.py")
    left_out = pyc.compile_tree(str(root), ["opt"])
    assert [line.split(":")[0] for line in left_out] == ["opt/loop.py", "opt/outside.py"]
    assert [path.name.split(".")[0] for path in sorted(root.rglob("*.pyc"))] == [
        "absolute",
        "beside",
        "real",
    ]


def test_a_missing_argument_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert pyc.main(["root"]) == 2
    assert "usage" in capsys.readouterr().err
