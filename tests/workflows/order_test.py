"""The scripts of the workflows, run in the workflows' order, each with what those before hand on.

What Pants does with these commands is tested where it is made; here it is written down.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from workflows.order import Run
from workflows.policy import read

from tools.support import PYTHON, script

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = {Path(each.name).stem: each for each in read(ROOT)}
RELEASE = "2026-11-23.4"
# Writes down its arguments, and answers as Pants does where a script reads the answer.
_PANTS = f"""\
printf '%s\\n' "pants $*" >>"$CALLS"
all=" $* "
file=${{all#*--output-file=}}
file=${{file%% *}}
case " $* " in
*--format=json*) cp "$ANSWER" "$file" ;;
*--format=github\\ *) cp "$WAVES" "$file" ;;
*--format=github-summary*) printf '### 2 images\\n' >"$file" ;;
*--format=specs*) echo //a:image >"$file" ;;
*" tested "*) mkdir -p dist/a && echo {{}} >dist/a/image.tested.json ;;
*" release "*) echo "release {RELEASE} made: registry/releases@sha256:0" >&2 ;;
*" status "*) exit 2 ;;
esac"""
_GH = """\
printf '%s\\n' "gh $*" >>"$CALLS"
case "$*" in
*actions/workflows*) cat "$RUNS" ;;
*--paginate*) cat "$COMMENTS" ;;
"pr list"*) cat "$OPEN" ;;
esac"""


class Machine:
    """A clone with the scripts, and stand-ins that write down how they are called."""

    def __init__(self, folder: Path) -> None:
        self.root, self.folder = folder / "clone", folder
        shutil.copytree(ROOT / "ci", self.root / "ci")
        for name in ("pants", "ci/services", "ci/lint", "ci/lock", "bench/prove", "ci/verify"):
            # `;` in place of an answer: only Pants has one.
            answer = _PANTS if name == "pants" else f'printf "%s\\n" "{name} $*" >>"$CALLS"'
            script(self.root / name, answer)
        tools = self.root / "3rdparty/tools"
        script(tools / "python", f'exec "{PYTHON}" "$@"')
        script(tools / "bootstrap", f'echo "{folder}/venv"')
        script(
            folder / "venv/bin/python", 'printf "%s\\n" "python $*" >>"$CALLS"; echo "<!-- m -->"'
        )
        script(folder / "bin/gh", _GH)
        for name in ("RUNS", "COMMENTS", "OPEN", "CALLS"):
            (folder / name).write_text("")
        (folder / "ANSWER").write_text(json.dumps({"targets": [], "edges": []}))
        jobs = {"include": [{"name": "a:image", "specs": "//a:image"}]}
        (folder / "WAVES").write_text(f"everything=false\nwave-1={json.dumps(jobs)}\n")
        self.git("init", "--quiet", "--initial-branch=main")
        self.base = self.commit("first")
        subprocess.run(
            ("git", "clone", "--quiet", "--bare", self.root, folder / "origin"), check=True
        )
        self.git("remote", "add", "origin", str(folder / "origin"))

    def git(self, *arguments: str) -> str:
        author = ("-c", "user.name=Test", "-c", "user.email=test@localhost")
        command = ("git", *author, *arguments)
        done = subprocess.run(command, cwd=self.root, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def commit(self, message: str) -> str:
        (self.root / ".gitignore").write_text("/dist/\n")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")

    def run(self, workflow: str, **given: str) -> Run:
        names = ("RUNS", "COMMENTS", "OPEN", "CALLS", "ANSWER", "WAVES")
        env = {
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
            "HOME": str(self.folder),
            "GITHUB_REPOSITORY": "owner/name",
            **{name: str(self.folder / name) for name in names},
        }
        values = {
            "github.event.pull_request.base.sha || github.event.merge_group.base_sha": self.base,
            "github.event.pull_request.number": "7",
            "github.token": "token",
            "vars.REMOTE_CACHE": "",
            "vars.REGISTRY": "registry.test",
            **{name.replace("_", "."): value for name, value in given.items()},
        }
        return Run(WORKFLOWS[workflow], self.root, env, values)

    @property
    def calls(self) -> list[str]:
        return (self.folder / "CALLS").read_text().splitlines()

    def called(self, *parts: str) -> list[int]:
        """Where each part stands in the calls, one after the other."""
        at, found = -1, []
        for part in parts:
            at = next(i for i, call in enumerate(self.calls) if i > at and part in call)
            found.append(at)
        return found


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_a_pull_request_is_asked_about_linted_built_and_commented(machine: Machine) -> None:
    run = machine.run("pull-request")
    run.job("build")
    run.job("comment")
    run.job("required")

    assert machine.called(
        f"--since={machine.base} --format=json",
        "--format=github ",
        "ci/lint",
        "pants lint ::",
        "ci/services start",
        "pants --spec-files=dist/ci/specs test package",
        f"python -B -m review --base {machine.base}",
        "gh api --silent repos/owner/name/issues/7/comments",
    )
    assert (machine.root / "dist/ci/specs").read_text() == "//a:image\n"
    assert run.needs["build"]["shards"] == ""


def test_what_is_much_is_shared_out_and_each_shard_builds_its_part(machine: Machine) -> None:
    jobs = [{"name": f"f{at:02}:image", "specs": f"//f{at:02}:image"} for at in range(60)]
    (machine.folder / "WAVES").write_text(f"wave-1={json.dumps({'include': jobs})}\n")
    run = machine.run("pull-request")
    run.job("build")
    built = []
    for shard in json.loads(run.needs["build"]["shards"])["include"]:
        run.job("shards", shard)
        built += (machine.root / "dist/ci/specs").read_text().splitlines()

    assert built == [job["specs"] for job in jobs]


def test_the_comment_that_is_there_is_updated(machine: Machine) -> None:
    (machine.root / "dist/ci").mkdir(parents=True)
    (machine.root / "dist/ci/comment.md").write_text("<!-- m -->\n")
    (machine.folder / "COMMENTS").write_text("41\n")
    machine.run("pull-request").job("comment")

    assert "--method PATCH repos/owner/name/issues/comments/41" in machine.calls[-1]


def test_a_merge_tests_publishes_releases_signs_and_goes_to_dev(machine: Machine) -> None:
    (machine.folder / "RUNS").write_text(f"{'0' * 40}\n{machine.base}\n")
    machine.commit("second")
    run = machine.run("merge")
    for job in ("test", "publish", "dev"):
        run.job(job)

    assert machine.called(
        f"--since={machine.base} --run=test",
        "--spec-files=dist/ci/specs tested",
        "pants --image-tests-records=dist/ci/tested publish",
        "pants release",
        "python -B -m plinth.debian.fill_mirror --repository registry.test/debian",
        f"pants run src/delivery:cli -- sign {RELEASE}",
        f"pants run src/delivery:cli -- plan {RELEASE} --to dev",
        f"pants run src/delivery:cli -- promote {RELEASE} --to dev",
        "pants run src/delivery:cli -- status --json",
    )
    assert (machine.root / "dist/ci/tested/a/image.tested.json").is_file()


def test_the_first_merge_of_all_is_compared_with_the_first_commit(machine: Machine) -> None:
    machine.commit("second")
    machine.run("merge").job("test")

    assert any(f"--since={machine.base} --run=test" in call for call in machine.calls)


@pytest.mark.parametrize(("release", "to"), [("", ""), (RELEASE, f" --to {RELEASE}")])
def test_a_rollback_has_its_reason(machine: Machine, release: str, to: str) -> None:
    given = {
        "inputs_environment": "prod",
        "inputs_release": release,
        "inputs_reason": "it $(fails)",
    }
    machine.run("rollback", **given).job("rollback")

    assert f"pants run src/delivery:cli -- rollback prod -m it $(fails){to}" in machine.calls


def test_a_promotion_is_planned_first(machine: Machine) -> None:
    run = machine.run("promote", inputs_environment="prod", inputs_release=RELEASE)
    run.job("promote")

    assert machine.called(f"plan {RELEASE} --to prod", f"promote {RELEASE} --to prod", "status")


def test_a_night_builds_the_last_release_again_and_proves(machine: Machine) -> None:
    run = machine.run("nightly")
    run.job("rebuild")
    run.job("prove")

    assert machine.called(
        "pants release",
        f"ci/verify {RELEASE} --repository registry.test/releases",
        "bench/prove --edits=5",
    )


def locked(machine: Machine, path: str) -> Run:
    """The lock workflow, in which a lock is made that has moved."""
    file = machine.root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("1\n")
    machine.base = machine.commit("with a lock")
    script(machine.root / "ci/lock", f'echo 2 >"{file}"')
    machine.commit("with a maker")
    run = machine.run("lock")
    run.job("make")
    machine.git("checkout", "--quiet", "--", ".")
    return run


def test_new_locks_are_proposed(machine: Machine) -> None:
    run = locked(machine, "3rdparty/tools/emulator/requirements.txt")
    assert run.needs["make"]["propose"] == "yes"
    run.job("propose")

    assert machine.called("gh auth setup-git", "gh pr list", "gh pr create")
    pushed = machine.git("diff", "--name-only", "main", "origin/plinth/locks")
    assert pushed == "3rdparty/tools/emulator/requirements.txt"


def test_a_proposal_that_is_open_is_updated(machine: Machine) -> None:
    (machine.folder / "OPEN").write_text("12\n")
    locked(machine, "3rdparty/debian/lock.json").job("propose")

    assert not any("pr create" in call for call in machine.calls)


def test_nothing_moved_is_nothing_to_propose(machine: Machine) -> None:
    run = machine.run("lock")
    run.job("make")

    assert run.needs["make"]["propose"] == ""


@pytest.mark.parametrize("path", ["3rdparty/tools/launch.py", "3rdparty/python/BUILD", "a.txt"])
def test_a_patch_that_touches_more_than_locks_is_refused(machine: Machine, path: str) -> None:
    file = machine.root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("1\n")
    machine.commit("with a file")
    file.write_text("2\n")
    (machine.root / "dist/ci").mkdir(parents=True)
    (machine.root / "dist/ci/locks.patch").write_text(machine.git("diff") + "\n")
    machine.git("checkout", "--quiet", "--", ".")

    with pytest.raises(AssertionError, match="touches more than locks"):
        machine.run("lock").job("propose")


def test_a_step_names_the_variable_that_it_lacks(machine: Machine) -> None:
    done = subprocess.run(
        ("ci/steps/promote",),
        cwd=machine.root,
        env={"PATH": os.environ["PATH"], "RELEASE": RELEASE},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 64
    assert "set ENVIRONMENT (docs/ci.md" in done.stderr
