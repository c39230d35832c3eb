from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tools.support import ROOT, load, run

demo = load("demo", "ci")
watched = load("watched", "ci")

ANSWER = """\
3 of 4 images and 3 of 103 tests are affected since HEAD (3f2a91c8).

Wave 2: 2 images
  lambdas/authorizer:image
  lambdas/docs:image  +1
    ← src/ingestion/names.py › src/ingestion:ingestion › base:library
      › base:image
  lambdas/other:image
    ← elsewhere
"""


@pytest.mark.parametrize("target", ["lambdas/authorizer:image", "lambdas/docs:image"])
def test_the_chain_of_a_target_is_cut_out_of_the_answer(target: str) -> None:
    first, *reason = demo.chain_of(ANSWER, target)
    assert first.split("  +")[0].strip() == target
    assert reason == ANSWER.splitlines()[5:7]


def test_an_image_has_one_line_with_what_the_base_lacks() -> None:
    ground, code = ({"digest": digest, "size": 4_000_000} for digest in ("sha256:a", "sha256:b"))
    layouts = {
        "base": {"digest": "0" * 64, "layers": [ground]},
        "lambdas.authorizer": {"digest": "1" * 64, "layers": [ground, {**code, "size": 1234}]},
    }
    assert list(demo.image_lines(layouts)) == [
        "base        sha256:000000000000…    4.0 MB",
        "authorizer  sha256:111111111111…    1.2 kB on base",
    ]


def test_a_changed_line_is_gone_again_even_after_an_error(tmp_path: Path) -> None:
    file = tmp_path / "names.py"
    file.write_text("one = 1\n")
    before = file.stat().st_mtime_ns

    def interrupted() -> None:
        with demo.edited(file, "two = 2\n"):
            assert file.read_text() == "two = 2\n"
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert (file.read_text(), file.stat().st_mtime_ns) == ("one = 1\n", before)


def test_what_takes_longest_is_shown_with_why_it_takes_so_long() -> None:
    progress = watched.Progress()
    progress.read("06:56:54.06 [INFO] Starting: Building pytest_runner.pex\n", 1.0)
    progress.read(
        "06:56:54.06 [INFO] Starting: Installing 3rdparty/python/requirements.txt for the "
        "resolve `python-default`\n",
        2.0,
    )
    assert progress.longest() == ("Building pytest_runner.pex", 1.0)
    progress.read("06:57:54.06 [INFO] Completed: Building pytest_runner.pex\n", 3.0)
    what, since = progress.longest()
    assert (what.endswith(": every locked package, once for all tests"), since) == (True, 2.0)


def test_tests_that_passed_are_counted_since_pants_writes_no_beginning_of_one() -> None:
    progress = watched.Progress()
    assert progress.tests == ""
    for name in ("src/ingestion/names_test.py:tests", "lambdas/docs:container_test"):
        progress.read(f"07:52:37.05 [INFO] Completed: Run Pytest - {name} - succeeded.\n", 1.0)
    assert progress.tests == "2 tests passed, the last lambdas/docs:container_test"


def test_the_librarys_tests_are_one_line() -> None:
    lines = ["noise", "✓ lambdas/docs:container_test succeeded in 2.00s."]
    lines += [f"✓ src/ingestion/{name}_test.py:tests succeeded in 1.00s." for name in "ab"]
    assert list(demo.passed(lines)) == [
        lines[1],
        "✓ the 2 test files of src/ingestion, which the base carries",
    ]


def test_before_there_is_a_task_the_last_line_is_shown() -> None:
    progress = watched.Progress()
    assert progress.longest() is None
    progress.read("Installing Pants 2.17.1\n", 1.0)
    assert progress.longest() == ("Installing Pants 2.17.1", 0.0)
    progress.read("06:51:57.33 [INFO] waiting for pantsd to start...\n", 2.0)
    assert progress.longest() == (watched._DAEMON, 2.0)
    progress.read("06:51:59.33 [INFO] Scheduler initialized.\n", 3.0)
    progress.read("Wrote test reports to dist/test/reports\n", 4.0)
    assert progress.longest() == ("Installing Pants 2.17.1", 0.0)


def test_a_command_that_fails_leaves_its_output_in_the_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    code = "import sys; print('out'); print('why', file=sys.stderr); sys.exit(3)"
    with pytest.raises(watched.Failed, match="exit code 3"):
        watched.watched((sys.executable, "-c", code), log, os.environ)
    assert log.read_text().splitlines()[-2:] == ["why", "out"]


def test_help_and_what_is_not_known() -> None:
    assert "from end to end" in run([ROOT / "ci/demo", "--help"], os.environ).stdout
    assert run([ROOT / "ci/demo", "--unknown"], os.environ).returncode == 2
