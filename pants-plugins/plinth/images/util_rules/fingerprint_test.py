"""What moves a fingerprint and what does not: a case for each line of docs/fingerprint.md."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest
from pants.testutil.rule_runner import engine_error

from plinth.images.fingerprint import changes
from plinth.images.testing.repository import (
    REPOSITORY,
    Repository,
    debian_lock,
    locked,
    refuse_to_build,
)

APP, BASE = "lambdas/app:image", "base:image"
EXTERNAL, DOWNLOADED = "other:external", "other:downloaded"
DOCKER, PACKAGE = "other:docker", "other:on_package"
BUILD, DOCKERFILE, HANDLER = "lambdas/app/BUILD", "lambdas/app/Dockerfile", "lambdas/app/handler.py"
DEBIAN, LOCK, OTHER = "debian/BUILD", "locks/python.txt", "other/BUILD"
Edit = Callable[[Repository], object]


def edit(path: str, old: str, new: str) -> Edit:
    return lambda repository: repository.edit(path, old, new)


def write(path: str, text: str) -> Edit:
    return lambda repository: repository.write({path: text})


def rename(old: str, new: str) -> Edit:
    def apply(repository: Repository) -> None:
        repository.write({new: repository.files[old]})
        repository.remove(old)

    return apply


def both(*edits: Edit) -> Edit:
    return lambda repository: [each(repository) for each in edits]


def chmod(path: str, mode: int) -> Edit:
    return lambda repository: repository.runner.chmod(path, mode)


def option(*options: str, **env: str) -> Edit:
    return lambda repository: repository.options(*options, **env)


def debian(**versions: str) -> Edit:
    now = {"libc6": "2.36", "perl": "5.36", "python3": "3.11.2", "tzdata": "2024a", **versions}
    return write("debian/lock.json", debian_lock(**now))


def nothing(repository: Repository) -> None:
    """The repository as it is."""


@dataclass(frozen=True)
class Case:
    """An edit, and the kinds of the parts that it changes in the fingerprint of `image`.

    `before` brings the repository to where the edit begins, and `now` is the image's address after
    it. With `built`, the image is assembled before and after, and its digest moves, or stays, too.
    """

    edit: Edit
    moves: tuple[str, ...] = ()
    image: str = APP
    before: Edit = nothing
    now: str = ""
    built: bool = True


STAGE_OF_ENVIRONMENT = both(edit(BUILD, '"STAGE=dev"', '"STAGE"'), option(STAGE="dev"))
MOVES = {
    "An instruction": (
        Case(edit(DOCKERFILE, "CMD", "USER 7\nCMD"), ("instruction",)),
        Case(edit(DOCKERFILE, "COPY tool", "COPY --chmod=0700 tool"), ("instruction",)),
        Case(
            edit(DOCKERFILE, "COPY tool /bin/\n", ""),
            ("distribution", "file", "instruction", "wheel_file"),
        ),
    ),
    "The stage": (
        Case(
            edit(
                BUILD,
                'context_root="lambdas/app"',
                'context_root="lambdas/app", target_stage="lean"',
            ),
            ("argument", "distribution", "file", "instruction", "wheel_file"),
        ),
    ),
    "A build argument's value": (
        Case(edit(BUILD, "STAGE=dev", "STAGE=prod"), ("argument",), built=False),
        Case(edit(DOCKERFILE, "ARG STAGE", "ARG STAGE=x\nENV S=$STAGE"), ("instruction",)),
        Case(
            option("--docker-build-args=['STAGE=prod']"),
            ("argument",),
            before=both(
                edit(BUILD, '"STAGE=dev", ', ""), option("--docker-build-args=['STAGE=b']")
            ),
            built=False,
        ),
        Case(option(STAGE="prod"), ("argument",), before=STAGE_OF_ENVIRONMENT, built=False),
    ),
    "A label": (Case(edit(BUILD, '"data"}', '"infra"}'), ("label",)),),
    "A file's bytes": (Case(write("lambdas/app/data/in/a.txt", "b\n"), ("file",)),),
    "A file's path": (
        Case(rename("lambdas/app/data/in/a.txt", "lambdas/app/data/in/c.txt"), ("file",)),
    ),
    "A file's execute bit": (Case(chmod("lambdas/app/data/in/a.txt", 0o755), ("file",)),),
    "What `.dockerignore` leaves out": (Case(write("lambdas/app/.dockerignore", ""), ("file",)),),
    "A source's bytes": (
        Case(write(HANDLER, REPOSITORY[HANDLER] + "A = 1\n"), ("source",)),
        Case(write("src/library/dates.py", "DAY = 2\n"), ("source",)),
        Case(write("src/library/names.py", "NAME = 2\n"), ("source",), BASE),
        Case(write("src/library/names.py", "NAME = 2\n"), ("base",)),
    ),
    "A source's path": (
        Case(
            both(
                rename("src/library/dates.py", "lambdas/app/dates.py"),
                write(HANDLER, "import boto3\nfrom app import dates\nfrom library import names\n"),
            ),
            ("source",),
        ),
        Case(
            edit("base/BUILD", '["src/library/names.py"]', '["src/library:library"]'),
            ("base", "source"),
        ),
    ),
    "A distribution's version": (Case(edit(LOCK, "boto3==1.0", "boto3==1.1"), ("distribution",)),),
    "A distribution's hashes": (
        Case(edit(LOCK, locked("boto3"), locked("boto3", digit="1")), ("distribution",)),
    ),
    "A distribution more": (
        Case(
            edit(HANDLER, "import boto3", "import boto3\nimport pyarrow"),
            ("distribution", "source"),
        ),
    ),
    "A layer's `path`": (Case(edit(BUILD, "layer(name", 'layer(path="/a", name'), ("layer",)),),
    # These tests compile with their own Python, so the image's bytes stay.
    "The interpreter": (
        Case(debian(python3="3.11.9"), ("interpreter",), BASE, built=False),
        Case(debian(python3="3.11.9"), ("base", "interpreter"), built=False),
    ),
    "A Debian package": (
        Case(debian(tzdata="2024b"), ("package",), BASE),
        Case(debian(tzdata="2024b"), ("base",)),
        Case(edit("debian/lock.json", "0" * 64, "1" * 64), ("interpreter", "package"), BASE),
    ),
    "`compile` and `exclude_paths`": (
        Case(edit(DEBIAN, "['usr']", "['opt']"), ("package",), BASE),
        Case(edit(DEBIAN, "['x']", "['y']"), ("package",), BASE),
    ),
    "A file of a wheel": (
        Case(edit("locks/wheels.txt", "emulator==1.0", "emulator==2.0"), ("distribution",)),
        Case(edit(BUILD, "bin/tool", "bin/other"), ("wheel_file",)),
        Case(edit(BUILD, "wheel_file(", "wheel_file(executable=True, "), ("wheel_file",)),
    ),
    "A downloaded file": (
        Case(edit(OTHER, '"0" * 64)', '"1" * 64)'), ("download",), DOWNLOADED, built=False),
    ),
    "The base": (
        Case(edit("base/BUILD", "ENV A=1", "ENV A=2"), ("base",)),
        Case(edit(OTHER, '"0" * 64]', '"1" * 64]'), ("base",), EXTERNAL, built=False),
    ),
    "The builder's lock": (
        Case(edit("locks/tools.txt", "==1.0", "==2.0"), ("tool",), BASE, built=False),
    ),
    "A Dockerfile for Docker": (
        Case(
            edit(OTHER, '"RUN make"', '"#", "RUN make"'),
            ("dockerfile", "file"),
            DOCKER,
            built=False,
        ),
    ),
    "A field of a target for Docker": (
        Case(
            edit(OTHER, 'name="docker"', 'name="docker", pull=True'),
            ("target",),
            DOCKER,
            built=False,
        ),
    ),
    "A source of a package": (
        Case(write("other/source.txt", "another\n"), ("file",), PACKAGE, built=False),
        Case(edit(OTHER, 'format="tar"', 'format="tar.gz"'), ("target",), PACKAGE, built=False),
    ),
}
STAYS = {
    "A comment": (
        Case(edit(DOCKERFILE, "# The app.", "# The app,\n# and more.\n")),
        Case(edit(DOCKERFILE, "COPY data/in /in/", "\n# Its data.\nCOPY data/in /in/")),
    ),
    "Names": (
        Case(
            both(
                rename(DOCKERFILE, "lambdas/app/Containerfile"),
                edit(BUILD, 'context_root="', 'source="Containerfile", context_root="'),
            )
        ),
        Case(edit(BUILD, 'name="image"', 'name="renamed"'), now="lambdas/app:renamed"),
        Case(edit(BUILD, 'context_root="', 'repository="a/b", image_tags=["1"], context_root="')),
        Case(edit(DOCKERFILE, "AS whole", "AS all")),
        Case(option("--docker-registries={'a': {'address': 'a.example', 'default': True}}")),
        Case(
            edit(OTHER, 'name="docker"', 'name="docker", image_tags=["1"]'), (), DOCKER, built=False
        ),
    ),
    "A description": (
        Case(edit(BUILD, 'context_root="', 'description="app", tags=["a"], context_root="')),
        Case(edit(BUILD, "python_layer(", 'python_layer(description="code", ')),
    ),
    "A file that no instruction copies": (
        Case(write("lambdas/app/data/out.txt", "more\n")),
        Case(write("lambdas/app/data/in/b.log", "more\n")),
    ),
    "A source that nothing needs": (Case(write("lambdas/app/unneeded_test.py", "# more\n")),),
    "A build argument that no instruction declares": (
        Case(edit(BUILD, "UNDECLARED=1", "UNDECLARED=2")),
        Case(edit(BUILD, '"UNDECLARED=1"', '"UNDECLARED=1", "ANOTHER=1"')),
    ),
    "The rest of the lock": (
        Case(edit(LOCK, "pyarrow==1.0", "pyarrow==1.1")),
        Case(write(LOCK, "# Made anew.\n" + locked("zope") + REPOSITORY[LOCK])),
    ),
    "The rest of the Debian lock": (
        Case(debian(perl="5.40"), (), BASE),
        Case(edit("debian/lock.json", '"size": 1', '"size": 2'), (), BASE),
        Case(edit("debian/lock.json", "pool/", "pool/main/"), (), BASE),
    ),
    "The registry of a base": (
        Case(edit(OTHER, "host.example/base:1@", "127.0.0.1:5000/a:2@"), (), EXTERNAL, built=False),
    ),
    "A file's time": (
        Case(lambda repository: os.utime(repository.path(HANDLER), (1, 1))),
        Case(both(chmod(HANDLER, 0o600), chmod("lambdas/app/data/in/a.txt", 0o600))),
    ),
    "Where things come from": (
        Case(
            option(PIP_INDEX_URL="x", PLINTH_DEBIAN_MIRROR="y", PLINTH_REGISTRY="z", HTTP_PROXY="p")
        ),
    ),
    "The commit": (Case(lambda repository: commit(repository.path(".")), built=False),),
}


def commit(folder: Path) -> None:
    who = ("-c", "user.name=ada", "-c", "user.email=ada@example.org")
    for command in (("init",), ("add", "."), (*who, "commit", "-m", "a commit")):
        subprocess.run(("git", *command), cwd=folder, check=True, capture_output=True)


PAGE = Path(__file__).resolve().parents[4] / "docs/fingerprint.md"
# Lines whose tests are functions of their own, below.
ALONE_MOVES = {"The code of the assembler"}
ALONE_STAYS = {"The folder", "The machine"}


def lines_of(heading: str) -> set[str]:
    """The bold beginnings of the list below a heading of the page."""
    (section,) = re.findall(
        rf"^## {heading}\n(.*?)^## ", PAGE.read_text(), re.DOTALL | re.MULTILINE
    )
    return set(re.findall(r"^- \*\*(.+?)\*\*", section, re.MULTILINE))


def test_every_line_of_the_page_has_a_test_and_every_test_a_line() -> None:
    assert lines_of("What is in it") == {*MOVES, *ALONE_MOVES}
    assert lines_of("What is not in it") == {*STAYS, *ALONE_STAYS}


@pytest.fixture(scope="module")
def shared() -> Repository:
    return Repository()


@pytest.fixture
def repository(shared: Repository) -> Repository:
    shared.reset()
    return shared


def cases(table: dict[str, tuple[Case, ...]]) -> Iterator[object]:
    for line, each in table.items():
        for number, case in enumerate(each, start=1):
            yield pytest.param(case, id=f"{line} {number}")


@pytest.mark.parametrize("case", [*cases(MOVES), *cases(STAYS)])
def test_it_moves_with_what_determines_an_image_and_with_nothing_else(
    repository: Repository, case: Case
) -> None:
    case.before(repository)
    before = repository.fingerprint(case.image)
    digest = repository.digest(case.image) if case.built else ""
    case.edit(repository)
    after = repository.fingerprint(case.now or case.image)

    changed = [change.title.split()[0] for change in changes(before.parts, after.parts)]
    assert set(changed) == set(case.moves)
    assert (before.value != after.value) == bool(case.moves)
    if case.built:
        assert (digest != repository.digest(case.now or case.image)) == bool(case.moves)


def edits(table: dict[str, tuple[Case, ...]]) -> list[Edit]:
    found = [case for cases in table.values() for case in cases]
    return [each.edit for each in found if each.built and each.image == APP and not each.now]


@pytest.mark.parametrize("seed", range(4))
def test_over_several_edits_fingerprint_and_digest_move_together(
    repository: Repository, seed: int
) -> None:
    random = Random(seed)
    digests = {repository.fingerprint(APP).value: repository.digest(APP)}
    for table, count in ((MOVES, 3), (STAYS, 3), (MOVES, 2)):
        for each in random.sample(edits(table), count):
            # An edit of what another has replaced already changes nothing.
            with suppress(AssertionError):
                each(repository)
        value, digest = repository.fingerprint(APP).value, repository.digest(APP)
        assert digests.setdefault(value, digest) == digest
        assert (value in digests) == (digest in digests.values())

    assert len(digests) > 1


def values(repository: Repository) -> list[str]:
    images = (APP, BASE, EXTERNAL, DOWNLOADED, DOCKER, PACKAGE)
    return [repository.fingerprint(image).value for image in images]


def test_the_folder(repository: Repository) -> None:
    umask = os.umask(0o077)
    try:
        other = Repository()
        other.reset()
    finally:
        os.umask(umask)

    assert other.runner.build_root != repository.runner.build_root
    assert values(other) == values(repository)


ELSEWHERE = """
import os, sys
from plinth.images.util_rules.fingerprint_test import values
from plinth.images.testing.repository import Repository
os.umask(0o027)
repository = Repository()
repository.reset()
print(*values(repository))
"""


def test_the_machine(repository: Repository, tmp_path: Path) -> None:
    other = {
        "HOME": str(tmp_path),
        "USER": "bob",
        "LC_ALL": "POSIX",
        "TZ": "Pacific/Kiritimati",
        "PYTHONHASHSEED": "42",
        "PYTHONPATH": os.pathsep.join(sys.path),
        "PATH": os.environ.get("PATH", os.defpath),
    }
    done = subprocess.run(
        (sys.executable, "-c", ELSEWHERE), env=other, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == values(repository)


def test_nothing_is_built_run_or_fetched() -> None:
    """What would be downloaded is at addresses that nothing answers."""
    repository = Repository(builder=refuse_to_build)
    repository.reset()
    assert values(repository)

    with engine_error(AssertionError, contains="nothing is to be built"):
        repository.digest(APP)


def test_what_is_not_determined_is_said(repository: Repository) -> None:
    assert repository.fingerprint(APP).reproducible
    assert repository.fingerprint(EXTERNAL).reproducible
    (docker,) = repository.fingerprint(DOCKER).reasons
    assert docker == "other/Dockerfile.docker:2 RUN: it runs a command in the image"
    (package,) = repository.fingerprint(PACKAGE).reasons
    assert package.startswith("other:packed (`archive`) is made by another tool")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            edit(BUILD, 'interpreter="debian:python", ', ""),
            "lambdas/app:layer has no `interpreter`: the machine's Python compiles its .pyc",
        ),
        (
            edit(BUILD, '"data"}', '"{pants.hash}"}'),
            "its label team holds {pants.hash}, which only the built context tells",
        ),
        (
            edit("base/BUILD", '"ENV A=1"', '"RUN make"'),
            "its base base:image: base/Dockerfile.image:4 RUN: it runs a command in the image",
        ),
    ],
)
def test_why_an_image_s_bytes_are_not_determined(
    repository: Repository, change: Edit, reason: str
) -> None:
    before = repository.fingerprint(APP)
    change(repository)
    after = repository.fingerprint(APP)

    assert after.reasons == (reason,)
    assert after.value != before.value


def test_a_machine_that_may_go_on_without_the_lock_has_the_same_fingerprint_and_says_so(
    repository: Repository,
) -> None:
    before = [repository.fingerprint(each) for each in (APP, BASE, DOWNLOADED)]
    repository.options(PLINTH_UNLOCKED="allow")
    after = [repository.fingerprint(each) for each in (APP, BASE, DOWNLOADED)]

    assert [each.value for each in after] == [each.value for each in before]
    assert [each.may_be_unlocked for each in before] == [False, False, False]
    assert [each.may_be_unlocked for each in after] == [True, True, False]


def test_on_a_base_of_a_registry_all_files_count_where_its_variables_may_name_them(
    repository: Repository,
) -> None:
    repository.edit(DOCKERFILE, "base:image", "host.example/base@sha256:" + "0" * 64)
    some = {part.name for part in repository.fingerprint(APP).parts if part.kind == "file"}
    repository.edit(DOCKERFILE, "data/in /in/", "$WHERE/in /in/")
    every = {part.name for part in repository.fingerprint(APP).parts if part.kind == "file"}

    assert some == {"data/in/a.txt", "layer.tar", "tool"}
    assert every == {*some, ".dockerignore", "Dockerfile", "data/out.txt"}


def test_a_malformed_dockerfile_is_an_error_with_its_line(repository: Repository) -> None:
    repository.edit(DOCKERFILE, "COPY data/in", "COPY data/absent")
    with engine_error(contains="lambdas/app/Dockerfile:7: COPY: data/absent"):
        repository.fingerprint(APP)


def test_the_same_part_of_the_context_elsewhere_in_it_is_another_image(
    repository: Repository,
) -> None:
    """A context root moves what an instruction finds, though what is found is the same."""
    whole = "FROM scratch\nCOPY . /\n"
    repository.write({DOCKERFILE: whole})
    before, digest = repository.fingerprint(APP), repository.digest(APP)
    repository.edit(BUILD, 'context_root="lambdas/app"', 'context_root=""')

    assert repository.digest(APP) != digest
    assert repository.fingerprint(APP).value != before.value
