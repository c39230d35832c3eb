"""`ci/new-lambda`: what it writes, and the names that it refuses.

That the lambda which it writes is green is tested in tests/monorepo.
"""

from __future__ import annotations

import ast
import json
import os
from pathlib import Path

import pytest

from tools.support import ROOT, load, run

new_lambda = load("new_lambda", "ci")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository of a few folders."""
    for folder in ("lambdas/orders", "src/library", "3rdparty/python"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "lambdas/conftest.py").write_text("")
    (tmp_path / "pants.toml").write_text('[source]\nroot_patterns = ["src", "lambdas", "tests"]\n')
    (tmp_path / "3rdparty/python/requirements.txt").write_text("boto3==1 \\\n# x\nA-b.C==2 \\\n")
    return tmp_path


def test_a_lambda_is_written_whole_by_its_name(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert new_lambda.main(["resize_image"], root) == 0
    folder = root / "lambdas/resize_image"
    assert (folder / "BUILD").read_text() == (
        'lambda_function(handler="resize_image.handler:handler")\n'
    )
    assert json.loads((folder / "events/ada.json").read_text()) == {"name": "Ada"}
    for path in folder.glob("*.py"):
        ast.parse(path.read_text())
    container_test = (folder / "container_test.py").read_text()
    assert "class TestResizeImage(LambdaContract):" in container_test
    assert 'layout = "lambdas.resize_image/image"' in container_test
    assert "./pants test lambdas/resize_image::" in capsys.readouterr().out
    assert not list((root / "lambdas").glob(".*"))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "which name? For instance: make lambda NAME=hello"),
        ("resize-image", "Did you mean resize_image?"),
        ("resizeImage", "Did you mean resize_image?"),
        ("../x", "lower case letters and digits"),
        ("1st", "lower case letters and digits"),
        ("a__b", "Did you mean a_b?"),
        ("größe", "lower case letters and digits"),
        ("x" * 65, "has 65 characters; a function in AWS has at most 64"),
        ("class", "is Python's own"),
        ("json", "is Python's own"),
        ("sys", "is Python's own"),
        ("math", "is Python's own"),
        ("string", "is Python's own"),
        ("orders", "lambdas/orders is there already, and stays as it is"),
        ("tests", "is the name of a source root in pants.toml"),
        ("library", "src/library is imported by that name"),
        ("conftest", "lambdas/conftest.py is imported by that name"),
        ("boto3", "is a package in 3rdparty/python/requirements.txt"),
        ("a_b_c", "is a package in 3rdparty/python/requirements.txt"),
    ],
)
def test_a_name_that_no_lambda_can_have_is_refused(
    root: Path, name: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(root.rglob("*"))
    assert new_lambda.main([name], root) == 2
    assert said in capsys.readouterr().err
    assert sorted(root.rglob("*")) == before


def test_an_interrupted_one_leaves_nothing(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_path: Path, _target: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        new_lambda.write(root, "hello")
    assert sorted(path.name for path in (root / "lambdas").iterdir()) == ["conftest.py", "orders"]


def test_help() -> None:
    assert "make lambda NAME=hello" in run([ROOT / "ci/new-lambda", "--help"], os.environ).stdout
