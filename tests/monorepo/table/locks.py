"""Edits of the locks: Python's, Debian's, the tools'."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from monorepo.edits import (
    LOCK,
    Edit,
    all_of,
    append,
    bump,
    changed,
    entry,
    more_hashes,
    prepend,
    reformatted,
    reordered,
    replace,
)
from monorepo.scenario import ALL, ANY_TEST, Scenario

REQUIREMENTS = "3rdparty/python/requirements.in"
DEBIAN = "3rdparty/debian/lock.json"
TOOLS = "3rdparty/tools"
# Those whose handler asks for them by whatever it imports.
ARROW = tuple(
    f"lambdas/{name}:image" for name in ("curated_load", "landing_to_raw", "preview_data")
)
REQUESTS = ("lambdas/push_to_catalogue:image",)
# Tests that read the locks as files: all of them, those of the tools, that of Python.
READ_ALL = (
    "tests/locks_check/*",
    "tests/locks_check:updates",
    "tests/review/*",
    "tests/tools/*",
)
READ_TOOLS = (*READ_ALL, "tests/remote_cache:remote_cache")
READ_PYTHON = (*READ_ALL, "tests/monorepo:*")
READ_DEBIAN = ("pants-plugins/plinth/debian/*", "tests/monorepo:affected_*")
# Tests that need none are given all that is locked: Pex takes everything when asked for nothing.
WITHOUT_REQUIREMENTS = (
    "bench/proof/judge_test.py:tests",
    "bench/proof/outcomes_test.py:tests",
    "bench/synthetic/workspaces_test.py:tests",
    "tests/workflows/plan_test.py:tests",
)
NEW = f"zzz==1.0 \\\n    --hash=sha256:{'5' * 64}\n    # via "


def debian(change: Callable[[Any], None]) -> Edit:
    """Change the Debian lock as data."""

    def edited(text: str) -> str:
        document = json.loads(text)
        change(document)
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"

    return changed(DEBIAN, edited)


def _other_version(name: str) -> Callable[[Any], None]:
    def change(document: Any) -> None:
        (package,) = (each for each in document["packages"] if each["name"] == name)
        package["version"] += "+new"
        package["sha256"] = package["sha256"][::-1]

    return change


def _without_requests(text: str) -> str:
    return re.sub(r"# via requests\n", "# via werkzeug\n", text)


NOTHING = tuple(
    Scenario(name, edit, (), tests, (ANY_TEST,))
    for name, edit, tests in (
        ("the lock in another order", changed(LOCK, reordered), READ_PYTHON),
        ("the lock in another layout", changed(LOCK, reformatted), READ_PYTHON),
        ("a comment in the lock", prepend(LOCK, "# A comment.\n"), READ_PYTHON),
        (
            "a distribution added that nothing imports",
            append(LOCK, f"{NEW}-r {REQUIREMENTS}\n"),
            (*READ_PYTHON, *WITHOUT_REQUIREMENTS),
        ),
        ("a comment among the requirements", append(REQUIREMENTS, "# Why.\n"), READ_PYTHON),
        (
            "the Debian lock in another layout",
            changed(DEBIAN, lambda text: json.dumps(json.loads(text)) + "\n"),
            READ_DEBIAN,
        ),
        (
            "what the Debian lock says about itself",
            replace(DEBIAN, '"about": "', '"about": "So: '),
            READ_DEBIAN,
        ),
        ("a linter's lock", bump("ruff", f"{TOOLS}/lint/requirements.txt"), READ_TOOLS),
    )
)

PYTHON = (
    Scenario(
        "a distribution of the base",
        bump("boto3"),
        ALL,
        ("src/ingestion/aws_test.py:tests", "lambdas/docs:container_test"),
        ("pants-plugins/plinth/lockfile/*", "src/delivery/*"),
        chain="3rdparty/python#boto3",
    ),
    Scenario(
        "a distribution that another of the base brings",
        bump("jmespath"),
        ALL,
        ("lambdas/docs:container_test",),
        ("pants-plugins/plinth/lockfile/*",),
    ),
    Scenario(
        "a distribution of the lambdas that read data",
        bump("pyarrow"),
        ARROW,
        ("src/ingestion/arrow_schema_test.py:tests", "lambdas/preview_data:container_test"),
        ("lambdas/docs*", "pants-plugins/plinth/lockfile/*", "lambdas/authorizer*"),
        chain="3rdparty/python#pyarrow",
    ),
    Scenario(
        "a distribution of one lambda",
        bump("requests"),
        REQUESTS,
        ("lambdas/push_to_catalogue:container_test",),
        # Tests elsewhere have it from moto.
        ("pants-plugins/plinth/lockfile/*",),
        chain="3rdparty/python#requests",
    ),
    Scenario(
        "a distribution that one lambda's brings",
        bump("charset-normalizer"),
        REQUESTS,
        ("lambdas/push_to_catalogue:container_test",),
        ("pants-plugins/plinth/lockfile/*",),
    ),
    Scenario(
        "a distribution of tests",
        bump("moto"),
        (),
        ("src/ingestion/*_test.py:tests",),
        ("pants-plugins/plinth/lockfile/*",),
    ),
    Scenario(
        "a distribution for a system that Pants does not run on",
        bump("colorama"),
        (),
        READ_PYTHON,
        (ANY_TEST,),
    ),
    Scenario(
        "two distributions",
        all_of(bump("pyarrow"), bump("requests")),
        (*ARROW, *REQUESTS),
        (),
        ("pants-plugins/plinth/lockfile/*",),
    ),
    Scenario(
        "other hashes of one version",
        entry("requests", more_hashes),
        REQUESTS,
        because="the lock does not say which file a hash is of: any may be of the one that is used",
        tolerated=REQUESTS,
    ),
    Scenario(
        "a hash for another system's file",
        entry("pyarrow", more_hashes),
        (),
        because="the lock does not say which file a hash is of",
        tolerated=ARROW,
    ),
    Scenario(
        "a marker that keeps a distribution out",
        entry(
            "charset-normalizer", lambda text: text.replace(" \\", " ; sys_platform == 'x' \\", 1)
        ),
        REQUESTS,
    ),
    Scenario(
        "a marker that always holds here",
        entry(
            "charset-normalizer", lambda text: text.replace(" \\", " ; python_version > '3' \\", 1)
        ),
        # Tests run on whatever system their user has.
        not_tests=("pants-plugins/plinth/lockfile/*",),
    ),
    Scenario(
        "a distribution added below one lambda's",
        append(LOCK, f"{NEW}requests\n"),
        REQUESTS,
        (),
        ("pants-plugins/plinth/lockfile/*",),
    ),
    Scenario(
        "a distribution removed below one lambda's",
        entry("charset-normalizer", lambda _: ""),
        REQUESTS,
    ),
    Scenario(
        "a distribution that the base needs now, too",
        entry(
            "charset-normalizer",
            lambda text: text.replace("# via requests", "# via\n    #   boto3\n    #   requests"),
        ),
        ALL,
    ),
    Scenario(
        "a distribution that no lambda needs any more",
        entry("charset-normalizer", _without_requests),
        REQUESTS,
    ),
    Scenario(
        "a distribution locked twice",
        append(LOCK, f"boto3==1.0 \\\n    --hash=sha256:{'5' * 64}\n    # via moto\n"),
        ALL,
        chain=LOCK,
    ),
    Scenario(
        "an entry of the lock that does not end",
        append(LOCK, "zzz==1.0 \\\n"),
        ALL,
        chain=LOCK,
    ),
    Scenario(
        "a lock that cannot be read",
        append(LOCK, "<<<<<<< HEAD\n=======\n>>>>>>> other\n"),
        ALL,
        chain=LOCK,
    ),
)

OTHERS = (
    Scenario(
        "a Debian package",
        debian(_other_version("tzdata")),
        ALL,
        ("lambdas/docs:container_test",),
        ("lambdas/docs/handler_test.py:tests", "src/*"),
        chain="3rdparty/debian:runtime",
    ),
    Scenario(
        "the Debian package of the interpreter, which compiles",
        debian(_other_version("python3.11-minimal")),
        ALL,
        ("lambdas/docs:container_test",),
        ("lambdas/docs/handler_test.py:tests", "src/*"),
    ),
    Scenario(
        "a Debian lock that cannot be read",
        append(DEBIAN, "}\n"),
        ALL,
        chain=DEBIAN,
    ),
    Scenario(
        "a Debian lock in an order that its reader refuses",
        debian(lambda document: document["packages"].reverse()),
        ALL,
        chain="packages are not sorted by name",
    ),
    Scenario(
        "the emulator's lock",
        bump("aws-sam-cli", f"{TOOLS}/emulator/requirements.txt"),
        (),
        ("lambdas/docs:container_test",),
        ("lambdas/docs/handler_test.py:tests", "src/*"),
    ),
    Scenario(
        "the lock of pytest",
        bump("pytest", f"{TOOLS}/pytest/requirements.txt"),
        (),
        ("src/ingestion/names_test.py:tests", "lambdas/docs:container_test"),
    ),
    Scenario(
        "the lock of the plugins' tests",
        bump("hypothesis", f"{TOOLS}/plugins/requirements.txt"),
        (),
        ("pants-plugins/plinth/lockfile/*_test.py:tests",),
        ("lambdas/*", "src/*"),
    ),
)

LOCKS = (*NOTHING, *PYTHON, *OTHERS)
