"""The whole way from an edit to the answer, in a small repository with a git history of its own."""

from __future__ import annotations

import itertools
import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import pytest
from pants.engine.rules import QueryRule, collect_rules, rule
from pants.testutil.rule_runner import RuleRunner

from plinth.affected.inputs import Settings
from plinth.affected.model import Answer, Kind
from plinth.affected.util_rules.detection import detect
from plinth.affected.util_rules.kept import Configuration
from plinth.affected.util_rules.testing import TARGET_TYPES, rules

SETTINGS = Settings(
    build_patterns=("BUILD", "BUILD.*"),
    preludes=("macros/*.prelude",),
    resolves={"3rdparty/lock.txt": "python-default"},
    pytest_resolve="pytest",
    tools=("launcher", "tools/*", "!tools/lint.txt"),
    plugin_roots=("plugins",),
)


@dataclass(frozen=True)
class Question:
    """`number` makes each its own, as each run of Pants is."""

    root: str
    since: str
    number: int


@rule
async def answer(question: Question) -> Answer:
    # One configuration for all questions, so that graphs are kept from one to the next.
    return await detect(question.since, SETTINGS, Configuration(question.root, (), {}, ()))


HASH = "--hash=sha256:" + "0" * 64
LOCK = "".join(
    f"{locked} {HASH}\n    # via {via}\n"
    for locked, via in {
        "boto3==1": "-r 3rdparty/in.txt",
        "botocore==1": "boto3",
        "pyarrow==1": "-r 3rdparty/in.txt",
    }.items()
)
REPOSITORY = {
    ".gitignore": "/.pants.d\n/.pids\n",
    "3rdparty/BUILD": "python_requirements(name='python', source='in.txt')\n",
    "3rdparty/in.txt": "boto3\npyarrow\n",
    "3rdparty/lock.txt": LOCK,
    "base/BUILD": dedent(
        """\
        python_layer(
            name="packages", content=["third_party"], dependencies=["3rdparty:python#boto3"]
        )
        python_layer(name="library", content=["first_party"], dependencies=["src/library"])
        docker_image(name="image", dependencies=[":packages", ":library"])
        """
    ),
    "base/Dockerfile": "FROM scratch\nADD base/library.tar /\n",
    "macros/function.prelude": dedent(
        """\
        def function(name, **fields):
            python_sources(name="sources")
            python_tests(name="tests", **fields)
            for content in ("third_party", "first_party"):
                python_layer(
                    name=content, content=[content], less=["base:image"], dependencies=[":sources"]
                )
            docker_image(
                name="image",
                instructions=["ARG BASE=base:image", "FROM $BASE", f'CMD ["{name}.handler"]'],
                dependencies=[":third_party", ":first_party"],
            )
        """
    ),
    "lambdas/BUILD": "python_test_utils()\n",
    "lambdas/conftest.py": "",
    "lambdas/orders/BUILD": "function('orders')\n",
    "lambdas/orders/handler.py": "from library import aws\n",
    "lambdas/orders/handler_test.py": "from orders import handler\n",
    "lambdas/worker/BUILD": dedent(
        """\
        python_sources()
        python_layer(name="packages", content=["third_party"], dependencies=[":worker"])
        docker_image(name="image", instructions=["FROM scratch"], dependencies=[":packages"])
        """
    ),
    "lambdas/worker/main.py": "",
    "lambdas/reports/BUILD": "function('reports')\nresources(name='data', sources=['*.sql'])\n",
    "lambdas/reports/handler.py": "from library import arrow\nfrom reports import rules\n",
    "lambdas/reports/handler_test.py": "from reports import handler\n",
    "lambdas/reports/query.sql": "select 1\n",
    "lambdas/reports/rules.py": "LIMIT = 3\n",
    "launcher": "exec\n",
    "pants.toml": "[GLOBAL]\nlevel = 'info'\n",
    "plugins/assemble.py": "",
    "src/library/BUILD": "python_sources()\npython_tests(name='tests')\n",
    "src/library/arrow.py": "import pyarrow\n",
    "src/library/aws.py": "import boto3\n",
    "src/library/aws_test.py": "from library import aws\n",
    "tools/BUILD": "",
    "tools/build.txt": f"hatch==1 {HASH}\n    # via -r build.in\n",
    "tools/lint.txt": "x",
}
ALL = {"base", "orders", "reports"}
"""The base and what stands on it; `worker` is on nothing."""


class Checkout:
    """The repository above, in a runner's build root; edited, asked about, and put back."""

    numbers = itertools.count()

    def __init__(self, runner: RuleRunner) -> None:
        self.runner = runner
        self.root = Path(runner.build_root)
        for path, content in REPOSITORY.items():
            self.write(path, content)
        self.git("init", "-q", "-b", "main")
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "because")

    def git(self, *args: str) -> None:
        identity = ("-c", "user.name=t", "-c", "user.email=t@localhost", "-c", "commit.gpgsign=no")
        subprocess.run(("git", *identity, *args), cwd=self.root, check=True, capture_output=True)

    def write(self, path: str, content: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(content)

    def append(self, path: str, more: str) -> None:
        self.write(path, (self.root / path).read_text() + more)

    def replace(self, path: str, old: str, new: str) -> None:
        text = (self.root / path).read_text()
        assert old in text
        self.write(path, text.replace(old, new))

    def ask(self, since: str = "HEAD") -> Answer:
        self.runner.scheduler.scheduler.invalidate_all()
        question = Question(str(self.root), since, next(self.numbers))
        return self.runner.request(Answer, [question])

    def restore(self) -> None:
        self.git("reset", "-q", "--hard")
        self.git("clean", "-q", "-d", "-f")


@pytest.fixture(scope="module")
def only_checkout() -> Checkout:
    os.environ["GIT_CONFIG_GLOBAL"] = os.devnull
    runner = RuleRunner(
        rules=[*collect_rules(), *rules(), QueryRule(Answer, [Question])],
        target_types=TARGET_TYPES,
        bootstrap_args=["--build-file-prelude-globs=['macros/*.prelude']"],
    )
    runner.set_options(
        [
            "--build-file-prelude-globs=['macros/*.prelude']",
            "--python-interpreter-constraints=['CPython==3.11.*']",
            "--python-enable-resolves",
            "--python-resolves={'python-default': '3rdparty/lock.txt'}",
            "--python-infer-use-rust-parser",
            "--python-infer-unowned-dependency-behavior=error",
            "--source-root-patterns=['src', 'lambdas']",
        ],
        env_inherit={"PATH"},
    )
    return Checkout(runner)


@pytest.fixture
def checkout(only_checkout: Checkout) -> Iterator[Checkout]:
    yield only_checkout
    only_checkout.restore()


def images(found: Answer) -> set[str]:
    """The affected images by the last folder of their addresses."""
    return {
        each.target.partition(":")[0].rpartition("/")[2]
        for each in found.targets
        if each.kind is Kind.IMAGE
    }


def unit_tests(found: Answer) -> set[str]:
    """The folders of the affected tests."""
    return {
        each.target.rpartition("/")[0].rpartition("/")[2]
        for each in found.targets
        if each.kind is Kind.TEST
    }


Edit = Callable[[Checkout], None]


def bump(name: str) -> Edit:
    return lambda checkout: checkout.replace("3rdparty/lock.txt", f"{name}==1", f"{name}==2")


def edit(path: str, old: str, new: str) -> Edit:
    return lambda checkout: checkout.replace(path, old, new)


def write(path: str, content: str) -> Edit:
    return lambda checkout: checkout.write(path, content)


def remove(path: str) -> Edit:
    return lambda checkout: checkout.git("rm", "-q", path)


REACHES: dict[str, tuple[Edit, set[str], set[str]]] = {
    "nothing": (lambda _: None, set(), set()),
    "a handler": (write("lambdas/orders/handler.py", "X = 1\n"), {"orders"}, {"orders"}),
    "a module of the library": (
        write("src/library/aws.py", "import boto3\nX = 1\n"),
        ALL,
        {"orders", "library"},
    ),
    "a test": (write("lambdas/orders/handler_test.py", "X = 1\n"), set(), {"orders"}),
    "a mode": (
        lambda checkout: (checkout.root / "lambdas/orders/handler.py").chmod(0o755),
        {"orders"},
        {"orders"},
    ),
    "a conftest": (write("lambdas/conftest.py", "X = 1\n"), set(), {"orders", "reports"}),
    "a deleted conftest": (remove("lambdas/conftest.py"), set(), {"orders", "reports"}),
    "a deleted module that is imported": (
        remove("lambdas/reports/rules.py"),
        {"reports"},
        {"reports"},
    ),
    "a deleted module of the library": (remove("src/library/aws.py"), ALL, {"orders", "library"}),
    "an added module of the library": (write("src/library/more.py", ""), ALL, set()),
    "a file that nobody owns": (write("notes/why.md", ""), set(), set()),
    "a resource that nothing needs": (write("lambdas/reports/query.sql", ""), set(), set()),
    "a Dockerfile": (write("base/Dockerfile", "FROM scratch\n"), ALL, set()),
    "a comment in a Dockerfile": (
        edit("base/Dockerfile", "ADD", "# Why.\nADD"),
        set(),
        set(),
    ),
    "code whose imports a layer of packages follows, though it holds no code": (
        write("lambdas/worker/main.py", "import pyarrow\n"),
        {"worker"},
        set(),
    ),
    "code that imports what it did": (
        write("lambdas/worker/main.py", "# Why.\n"),
        set(),
        set(),
    ),
    "a requirement in the base": (bump("boto3"), ALL, {"orders", "library"}),
    "a requirement of a requirement": (bump("botocore"), ALL, {"orders", "library"}),
    "a requirement of one lambda": (bump("pyarrow"), {"reports"}, {"reports"}),
    "a lock in another order": (
        write("3rdparty/lock.txt", "\n".join(reversed(LOCK.split("\n\n")))),
        set(),
        set(),
    ),
    "a requirement's lower bound": (
        edit("3rdparty/in.txt", "pyarrow", "pyarrow>=1  # why"),
        set(),
        {"reports"},
    ),
    "a comment in a BUILD file": (edit("base/BUILD", "docker", "# Why.\ndocker"), set(), set()),
    "a default that is written out": (
        edit(
            "src/library/BUILD",
            "python_sources()",
            "python_sources(sources=['*.pyi', '*.py', "
            "'!*_test.pyi', '!tests.py', '!conftest.py', '!test_*.py', '!*_test.py'])",
        ),
        set(),
        set(),
    ),
    "another order in a BUILD file": (
        edit("base/BUILD", '":packages", ":library"', '":library", ":packages"'),
        set(),
        set(),
    ),
    "a dependency that is inferred anyway": (
        edit(
            "src/library/BUILD",
            "python_sources()",
            "python_sources(overrides={'aws.py': {'dependencies': ['3rdparty:python#boto3']}})",
        ),
        set(),
        set(),
    ),
    "what is not pushed": (
        edit("base/BUILD", 'name="image"', 'name="image", skip_push=True'),
        ALL,
        set(),
    ),
    "a description": (
        edit("base/BUILD", 'name="image"', 'name="image", description="The base."'),
        set(),
        set(),
    ),
    "a field of tests": (
        edit("lambdas/orders/BUILD", "('orders')", "('orders', timeout=7)"),
        set(),
        {"orders"},
    ),
    "a layer's path": (
        edit("base/BUILD", 'name="library"', 'name="library", path="/opt/python"'),
        ALL,
        set(),
    ),
    "a new dependency of a lambda's code": (
        edit(
            "lambdas/reports/BUILD",
            "function('reports')",
            "function('reports')\npython_layer(name='more', dependencies=[':data'])",
        ),
        set(),
        set(),
    ),
    "sources that leave a target": (
        edit("src/library/BUILD", "python_sources()", "python_sources(sources=['aws.py'])"),
        ALL,
        {"reports"},
    ),
    "a macro": (edit("macros/function.prelude", ".handler", ".main"), {"orders", "reports"}, set()),
    "a comment in a macro": (edit("macros/function.prelude", "def", "# Why.\ndef"), set(), set()),
    "defaults of tests": (
        write(
            "lambdas/BUILD", "__defaults__({python_tests: dict(timeout=7)})\npython_test_utils()\n"
        ),
        set(),
        {"orders", "reports"},
    ),
    "a deleted BUILD file": (remove("src/library/BUILD"), ALL, {"orders", "reports"}),
    "how Pants shows itself": (edit("pants.toml", "info", "debug"), set(), set()),
    "a lock of linters": (write("tools/lint.txt", "y"), set(), set()),
    "a tools lock that only looks different": (
        edit("tools/build.txt", HASH, f"\\\n    {HASH}"),
        set(),
        set(),
    ),
    "a plugin's test": (write("plugins/assemble_test.py", ""), set(), set()),
}


@pytest.mark.parametrize("name", REACHES)
def test_an_edit_reaches_exactly(checkout: Checkout, name: str) -> None:
    make, expected_images, expected_tests = REACHES[name]
    make(checkout)
    found = checkout.ask()
    assert found.everything == ()
    assert (images(found), unit_tests(found)) == (expected_images, expected_tests)
    assert all(each.chains for each in found.targets)


EVERYTHING: dict[str, tuple[Edit, str]] = {
    "the launcher": (write("launcher", "exec x\n"), "launcher edited"),
    "a tool": (edit("tools/build.txt", "hatch==1", "hatch==2"), "tools/build.txt: hatch 1 → 2"),
    "a plugin": (write("plugins/assemble.py", "X = 1\n"), "plugins/assemble.py edited"),
    "an option": (edit("pants.toml", "level = 'info'", "tag = []"), r"\[GLOBAL\] tag"),
    "ignored files": (write(".gitignore", "dist\n"), ".gitignore edited"),
    "a lock that cannot be read": (write("3rdparty/lock.txt", "boto3\n"), "3rdparty/lock.txt"),
    "a lock with one requirement twice": (
        lambda checkout: checkout.append("3rdparty/lock.txt", LOCK),
        "boto3 is locked more than once",
    ),
    "a lock that lacks what requires": (
        edit("3rdparty/lock.txt", "via boto3", "via nobody"),
        "botocore is required by nobody",
    ),
}


@pytest.mark.parametrize("name", EVERYTHING)
def test_an_edit_reaches_everything_and_says_why(checkout: Checkout, name: str) -> None:
    make, reason = EVERYTHING[name]
    make(checkout)
    found = checkout.ask()
    assert images(found) == {*ALL, "worker"}
    assert unit_tests(found) == {"library", "orders", "reports"}
    with pytest.raises(AssertionError, match=reason):
        raise AssertionError(found.everything)


def test_a_build_file_that_did_not_parse_at_the_base_is_everything(checkout: Checkout) -> None:
    checkout.write("base/BUILD", "docker_image(\n")
    checkout.git("commit", "-q", "-a", "-m", "broken")
    try:
        checkout.git("checkout", "HEAD~1", "--", "base/BUILD")
        found = checkout.ask()
    finally:
        checkout.git("reset", "-q", "--hard", "HEAD~1")
    assert images(found) == {*ALL, "worker"}
    assert "base/BUILD cannot be compared with the base commit" in found.everything[0]


def test_a_missing_commit_is_everything(checkout: Checkout) -> None:
    found = checkout.ask("0" * 39 + "1")
    assert images(found) == {*ALL, "worker"}
    assert "does not have the commit" in found.everything[0]


def test_the_answer_is_in_order_and_says_what_needs_what(checkout: Checkout) -> None:
    bump("boto3")(checkout)
    found = checkout.ask()
    waves = {each.target: each.wave for each in found.targets}
    assert waves["base:image"] == 0
    assert waves["lambdas/orders:image"] == waves["lambdas/reports:image"] == 1
    assert ("base:image", "lambdas/orders:image") in found.edges
    (base,) = (each for each in found.targets if each.target == "base:image")
    assert str(base.chains[0]) == (
        "boto3 1 → 2 (3rdparty/lock.txt) › 3rdparty:python#boto3 › base:packages › base:image"
    )
    assert (found.unaffected.images, found.unaffected.tests) == (1, 1)


@pytest.mark.parametrize(
    "path", ["macros/function.prelude", "lambdas/BUILD", "lambdas/orders/BUILD"]
)
def test_the_reason_names_the_file_that_was_edited(checkout: Checkout, path: str) -> None:
    defaults = "__defaults__({python_tests: dict(timeout=7)})\n"
    checkout.write(path, defaults * path.endswith("BUILD") + REPOSITORY[path])
    if path.endswith(".prelude"):
        checkout.replace(path, 'name="tests"', 'name="tests", timeout=7')
    found = checkout.ask()
    assert "orders" in unit_tests(found)
    assert {chain.change.path for each in found.targets for chain in each.chains} == {path}


def test_a_link_is_what_it_points_to(checkout: Checkout) -> None:
    checkout.write("shared/limit.py", "LIMIT = 3\n")
    (checkout.root / "lambdas/orders/limit.py").symlink_to("../../shared/limit.py")
    checkout.write("lambdas/orders/handler.py", "from orders import limit\n")
    checkout.git("add", "-A")
    checkout.git("commit", "-q", "-m", "link")
    try:
        checkout.write("shared/limit.py", "LIMIT = 4\n")
        found = checkout.ask()
    finally:
        checkout.git("reset", "-q", "--hard", "HEAD~1")
    assert images(found) == {"orders"}
