from __future__ import annotations

import platform
import sys
from pathlib import Path

import pytest

from plinth.archive import interpreter as interpreter_module
from plinth.archive.interpreter import (
    Interpreter,
    InterpreterError,
    compile_tree,
    inside,
    interpreter,
    of_root,
)

THIS = Interpreter((sys.executable,))


def debian_root(root: Path, loader: str = "/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2") -> Path:
    for path in ("lib64", "lib/x86_64-linux-gnu", "usr/bin"):
        (root / path).mkdir(parents=True)
    (root / "lib/x86_64-linux-gnu/ld-linux-x86-64.so.2").write_text("#!/bin/sh\n")
    (root / "lib64/ld-linux-x86-64.so.2").symlink_to(loader)
    (root / "usr/bin/python3.11").write_text("")
    return root


def on(
    monkeypatch: pytest.MonkeyPatch,
    system: str,
    machine: str,
    version: tuple[int, ...] = (3, 11, 7),
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    monkeypatch.setattr(sys, "version_info", version)


def test_the_roots_own_python_is_started_through_its_own_loader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = debian_root(tmp_path)
    on(monkeypatch, "linux", "x86_64", (3, 9, 18))
    found = interpreter(root)
    assert found == of_root(root)
    assert found.warning == ""
    assert found.argv == (
        f"{root}/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2",
        "--library-path",
        f"{root}/lib/x86_64-linux-gnu:{root}/usr/lib/x86_64-linux-gnu",
        f"{root}/usr/bin/python3.11",
    )


@pytest.mark.parametrize(("system", "machine"), [("darwin", "arm64"), ("linux", "aarch64")])
def test_elsewhere_this_python_stands_in_with_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, system: str, machine: str
) -> None:
    on(monkeypatch, system, machine)
    found = interpreter(debian_root(tmp_path))
    assert found.argv == (sys.executable,)
    assert "digests" in found.warning
    assert system in found.warning


def test_another_minor_version_does_not_stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    on(monkeypatch, "darwin", "arm64", (3, 12, 1))
    with pytest.raises(InterpreterError, match=r"Install CPython 3\.11"):
        interpreter(None)


def test_a_root_without_python_is_an_error(tmp_path: Path) -> None:
    root = debian_root(tmp_path)
    (root / "usr/bin/python3.11").unlink()
    with pytest.raises(InterpreterError, match=r"no /usr/bin/python3\.11: give a debian_root"):
        of_root(root)


@pytest.mark.parametrize(
    ("link", "target", "meant"),
    [
        ("lib", "usr/lib", "usr/lib/libc.so"),
        ("lib", "/usr/lib", "usr/lib/libc.so"),
        ("lib", "../../../usr/lib", "usr/lib/libc.so"),
        ("lib", "/a/../usr//./lib/", "usr/lib/libc.so"),
    ],
)
def test_links_are_those_of_the_image(tmp_path: Path, link: str, target: str, meant: str) -> None:
    (tmp_path / link).symlink_to(target)
    assert inside(tmp_path, f"{link}/libc.so") == tmp_path / meant


def test_a_loop_of_links_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(InterpreterError, match="symbolic links"):
        inside(tmp_path, "a/b")


def test_a_tree_is_compiled_and_what_is_left_out_is_named(tmp_path: Path) -> None:
    (tmp_path / "opt").mkdir()
    (tmp_path / "opt/good.py").write_text("x = 1\n")
    (tmp_path / "opt/bad.py").write_text("print 'x'\n")
    (line,) = compile_tree(THIS, tmp_path, ("opt",))
    assert line.startswith("opt/bad.py: SyntaxError")
    assert [path.name.split(".")[0] for path in tmp_path.rglob("*.pyc")] == ["good"]


def test_the_hosts_environment_does_not_reach_the_interpreter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LD_LIBRARY_PATH", "/of/the/host")
    tell = tmp_path / "python"
    tell.write_text(f"#!{sys.executable}\nimport os\nprint(os.environ.get('LD_LIBRARY_PATH'))\n")
    tell.chmod(0o755)
    assert compile_tree(Interpreter((str(tell),)), tmp_path, ("opt",)) == ("None",)


def test_an_interpreter_that_fails_is_an_error_with_its_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interpreter_module, "_PYC", tmp_path / "absent.py")
    with pytest.raises(InterpreterError, match="failed with exit code 2"):
        compile_tree(THIS, tmp_path, ("opt",))
