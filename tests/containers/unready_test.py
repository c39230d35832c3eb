from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from containers.errors import HarnessError
from containers.unready import or_stop
from plinth.oci.errors import OciError

TEST = """
from containers.contract import LambdaContract

class TestHello(LambdaContract):
    layout = "lambdas.hello/image"
"""


def test_no_engine_is_one_sentence_with_the_next_command(tmp_path: Path) -> None:
    test = tmp_path / "hello_test.py"
    test.write_text(TEST)
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-c", os.devnull, "-p", "no:hypothesispytest", str(test)],
        env={
            **os.environ,
            "DOCKER_HOST": f"unix://{tmp_path}/absent.sock",
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 1
    assert run.stdout.count("Docker's engine does not answer") == 1, run.stdout
    assert "make services" in run.stdout
    assert "Traceback" not in run.stdout
    assert " error" not in run.stdout


@pytest.mark.parametrize("error", [HarnessError, OciError])
def test_what_the_machine_lacks_ends_the_run(error: type[Exception]) -> None:
    with pytest.raises(pytest.exit.Exception, match="not there") as ended, or_stop():
        raise error("not there")
    assert ended.value.returncode == 1


def test_any_other_error_is_the_test_s() -> None:
    with pytest.raises(AssertionError), or_stop():
        raise AssertionError
